"""scikit-learn feature engineering for audio.

The public names are flat, and each is imported when it is first asked for (PEP 562): ``import audiofeat`` costs
milliseconds, and Keras, matplotlib or pandas are loaded only by what uses them.
"""

from importlib import import_module

from audiofeat._version import __version__

# Public name -> the module it lives in, one line per floor.
_HOME = {
    name: module
    for module, names in {
        "audiofeat._errors": (
            "AudioInputError",
            "AudioWarning",
            "CacheWarning",
            "DatasetNotFoundError",
            "EmptyFilterWarning",
            "MissingExtraError",
            "ModelLoadError",
            "ModelVersionWarning",
        ),
        "audiofeat.audio": ("AudioBatch", "FeatureCache"),
        "audiofeat.dsp": ("PCEN",),
        "audiofeat.transformers": (
            "AudioLoader",
            "CQT",
            "CepstralNormalization",
            "Chroma",
            "ChromaCENS",
            "ChromaCQT",
            "Delta",
            "Energy",
            "FeatureBank",
            "GFCC",
            "LFCC",
            "MFCC",
            "MelSpectrogram",
            "OnnxEmbedding",
            "RandomConvolutions",
            "SpectralContrast",
            "SpectralShape",
            "Spectrogram",
            "SpeechEmbedding",
            "StatsPooling",
            "Tonnetz",
            "WaveformAugmenter",
        ),
        "audiofeat.neural": ("CNNClassifier", "SpectrogramAugmenter"),
        "audiofeat.plotting": (
            "ClassScoresDisplay",
            "ComparisonDisplay",
            "ConfusionDisplay",
            "EmbeddingDisplay",
            "HistoryDisplay",
            "OcclusionDisplay",
            "SpectrogramDisplay",
            "WaveformDisplay",
        ),
        "audiofeat.compare": ("FeatureComparison", "compare_features"),
        "audiofeat.persistence": (
            "Provenance",
            "export_onnx",
            "load_model",
            "model_card",
            "read_provenance",
            "save_model",
            "training_digest",
            "trusted_types",
        ),
        "audiofeat.timeline": ("predict_recording",),
    }.items()
    for name in names
}
_SUBMODULES = ("datasets", "dsp", "presets")

__all__ = ["__version__", *sorted(_HOME), *_SUBMODULES]


def __getattr__(name):
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    if name in _SUBMODULES:
        return import_module(f"audiofeat.{name}")
    raise AttributeError(f"module 'audiofeat' has no attribute {name!r}")


def __dir__():
    return __all__
