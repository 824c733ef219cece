"""Models that travel: files with a record of how they came to be, files that run no code, model cards, and ONNX.

Conventions: what a file's name ends in decides how it is written: ``.joblib`` or ``.pkl`` by pickling, ``.skops`` as plain
data. A file named ``.skops`` is never unpickled.
"""

from audiofeat.persistence.card import model_card
from audiofeat.persistence.files import load_model, read_provenance, save_model
from audiofeat.persistence.onnx import export_onnx
from audiofeat.persistence.provenance import Provenance, training_digest
from audiofeat.persistence.trust import trusted_types

__all__ = [
    "Provenance",
    "export_onnx",
    "load_model",
    "model_card",
    "read_provenance",
    "save_model",
    "training_digest",
    "trusted_types",
]
