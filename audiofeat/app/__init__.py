"""A page in the browser to try a model on: upload or record a clip, and see what the model makes of it.

Conventions: nothing in here imports Gradio until a page is opened. What visitors send lies in a temporary folder that goes
with the session, and all of it with the process.
"""

from audiofeat.app.answers import Answer, Responder
from audiofeat.app.intake import Limits
from audiofeat.app.server import open_page

__all__ = ["Answer", "Limits", "Responder", "open_page"]
