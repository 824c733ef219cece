"""HTML from parts, in which text that comes from outside is escaped unless it says otherwise."""

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["Markup", "joined", "link_list", "region", "tag", "table_of"]

# Elements without content, and so without an end.
_VOID = frozenset({"img", "meta", "br"})
# Rows that fit on a page together.
_SHORT = 20


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *content: str | Iterable[str], **attributes: str | int | bool | None) -> Markup:
    """Make an element.

    Parameters
    ----------
    name : str
        Its name.
    *content : str, Markup or iterable of them
        What is in it; a `str` that is no `Markup` is escaped.
    **attributes : str, int, bool or None
        Its attributes: ``class_`` for ``class``, ``aria_label`` for ``aria-label``; True for one without a value; None and
        False leave it out.

    Returns
    -------
    Markup
        The element.

    Examples
    --------
    >>> from audiofeat.compare.report.markup import tag
    >>> tag("p", "a < b, ", tag("em", "mostly"), class_="note")
    '<p class="note">a &lt; b, <em>mostly</em></p>'
    """
    written = "".join(
        _attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(*content)}</{name}>")


def joined(*content: str | Iterable[str]) -> Markup:
    """Put parts after one another, those that are no `Markup` escaped.

    Parameters
    ----------
    *content : str, Markup or iterable of them
        The parts.

    Returns
    -------
    Markup
        All of them.
    """
    parts: list[str] = []
    for part in content:
        if isinstance(part, Markup):
            parts.append(part)
        elif isinstance(part, str):
            parts.append(escape(part))
        else:
            parts.append(joined(*part))
    return Markup("".join(parts))


def table_of(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Iterable[int] = (),
    row_classes: Sequence[str | None] | None = None,
) -> Markup:
    """Make a table whose first column names the rows.

    Parameters
    ----------
    caption : str
        What it shows.
    head : sequence of str
        Names of the columns.
    rows : iterable of sequence of str
        Its cells.
    numbers : iterable of int, default=()
        Columns of numbers, which are set flush right.
    row_classes : sequence of (str or None) or None, default=None
        A class for each row.

    Returns
    -------
    Markup
        The table, in a region of its own that scrolls where it is wider than the page.
    """
    right = dict.fromkeys(numbers, "number")
    header = tag("tr", (tag("th", cell, scope="col", class_=right.get(i)) for i, cell in enumerate(head)))
    body = []
    for number, (first, *others) in enumerate(rows):
        cells = [tag("th", first, scope="row", class_=right.get(0))]
        cells += [tag("td", cell, class_=right.get(i)) for i, cell in enumerate(others, 1)]
        body.append(tag("tr", cells, class_=row_classes[number] if row_classes else None))
    # On paper, a table that fits on a page stays on one.
    short = "short" if len(body) <= _SHORT else None
    table = tag("table", tag("caption", caption), tag("thead", header), tag("tbody", body), class_=short)
    return region(table, caption)


def region(content: Markup, name: str) -> Markup:
    """Put something wide into a part of the page that scrolls by itself.

    Parameters
    ----------
    content : Markup
        What may be wide.
    name : str
        What to call it for those who cannot see it.

    Returns
    -------
    Markup
        The part, which the keyboard reaches.
    """
    return tag("div", content, class_="wide", role="region", tabindex=0, aria_label=name)


def link_list(targets: Iterable[tuple[str, str]]) -> Markup:
    """Make a list of links within the page.

    Parameters
    ----------
    targets : iterable of tuple of (str, str)
        Identifier and name of each.

    Returns
    -------
    Markup
        The list.
    """
    return tag("ul", (tag("li", tag("a", name, href=f"#{identifier}")) for identifier, name in targets))


def _attribute(name: str, value: str | int | bool) -> str:
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
