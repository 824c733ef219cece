"""RESULTS.md, section by section."""

from pathlib import Path

FILE = Path(__file__).parent / "RESULTS.md"


def write_section(title: str, text: str) -> None:
    """Put a section in the place of the one of its title, or at the end."""
    old = FILE.read_text() if FILE.exists() else "# Results\n"
    parts = old.split("\n## ")
    section = f"{title}\n\n{text.strip()}\n"
    places = [i for i, part in enumerate(parts) if i and part.partition("\n")[0] == title]
    if places:
        parts[places[0]] = section
    else:
        parts.append(section)
    FILE.write_text("\n## ".join(part.rstrip("\n") + "\n" for part in parts))
