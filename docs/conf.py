"""How Sphinx builds the documentation. Nothing here reaches for the network, so that it builds anywhere."""

import os
from pathlib import Path

import audiofeat

os.environ.setdefault("MPLBACKEND", "Agg")

HERE = Path(__file__).parent

project = "audiofeat"
author = "The audiofeat developers"
project_copyright = author
version = release = audiofeat.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "matplotlib.sphinxext.plot_directive",
]
templates_path = ["_templates"]
# The gallery writes a notebook and a script beside each page; they are downloads, not pages.
exclude_patterns = ["_build", "gallery/*.ipynb", "gallery/*.py", "gallery/*.zip"]
# `MFCC` in single backticks is a link where there is something of that name, and code otherwise.
default_role = "py:obj"
add_module_names = False
toc_object_entries_show_parents = "hide"

autosummary_generate = True
# The templates list members themselves.
numpydoc_show_class_members = False

plot_formats = [("png", 150)]
plot_html_show_formats = False
plot_html_show_source_link = False

sphinx_gallery_conf = {
    "examples_dirs": str(HERE.parent / "examples"),
    "gallery_dirs": "gallery",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("audiofeat",),
    "reference_url": {"audiofeat": None},
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "image_scrapers": ("matplotlib",),
    "abort_on_example_error": True,
    # Tables, but not what matplotlib's methods return.
    "capture_repr": ("_repr_html_",),
}

html_theme = "pydata_sphinx_theme"
html_title = "audiofeat"
html_static_path = ["_static"]
html_css_files = ["audiofeat.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "audiofeat"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
# Pages without sisters need no tree beside them, and code can use the room.
html_sidebars = {"getting_started": [], "index": [], "gallery/*": []}
