"""scikit-learn's own checks over every public transformer, without an expected failure."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from audiofeat import (
    CQT,
    GFCC,
    LFCC,
    MFCC,
    AudioLoader,
    CepstralNormalization,
    Chroma,
    ChromaCENS,
    ChromaCQT,
    Delta,
    Energy,
    FeatureBank,
    MelSpectrogram,
    RandomConvolutions,
    SpectralContrast,
    SpectralShape,
    Spectrogram,
    StatsPooling,
    Tonnetz,
    WaveformAugmenter,
)

ESTIMATORS = [
    AudioLoader(),
    WaveformAugmenter(probability=0, random_state=0),
    Spectrogram(n_fft=64),
    Spectrogram(n_fft=64, pooling=None),
    MelSpectrogram(n_fft=256, n_mels=8),
    MelSpectrogram(n_fft=256, n_mels=8, pooling=None),
    MelSpectrogram(n_fft=256, n_mels=8, scale="pcen"),
    MFCC(n_fft=256, n_mels=8, n_mfcc=4),
    MFCC(n_fft=256, n_mels=8, n_mfcc=4, deltas=2, pooling=None),
    MFCC(convention="kaldi", n_fft=256, win_length=2, hop_length=1),
    MelSpectrogram(convention="htk", n_fft=256, win_length=2, hop_length=1, pooling=None),
    LFCC(n_fft=256, n_filters=16, n_lfcc=4),
    LFCC(n_fft=256, n_filters=16, n_lfcc=4, deltas=2, pooling=None),
    GFCC(n_fft=256, n_filters=16, n_gfcc=4),
    GFCC(n_fft=256, n_filters=16, n_gfcc=4, compression="log", pooling=None),
    Chroma(n_fft=256),
    Chroma(n_fft=256, pooling=None),
    Chroma(n_fft=256, tuning="estimate"),
    CQT(fmin=500.0, n_bins=12),
    CQT(fmin=500.0, n_bins=12, pooling=None),
    ChromaCQT(fmin=500.0, n_octaves=1),
    ChromaCQT(fmin=500.0, n_octaves=1, pooling=None),
    ChromaCENS(fmin=500.0, n_octaves=1),
    ChromaCENS(fmin=500.0, n_octaves=1, pooling=None),
    SpectralShape(n_fft=64),
    SpectralShape(n_fft=64, pooling=None),
    SpectralContrast(n_fft=256, n_bands=4),
    SpectralContrast(n_fft=256, n_bands=4, pooling=None),
    Tonnetz(n_fft=256),
    Tonnetz(n_fft=256, pooling=None),
    Energy(n_fft=64),
    Energy(n_fft=64, pooling=None),
    StatsPooling(),
    StatsPooling(["median", "percentile_90"], n_segments=3),
    Delta(),
    CepstralNormalization(),
    CepstralNormalization("mean", per="fit"),
    CepstralNormalization(per="fit"),
    RandomConvolutions(20, random_state=0),
    RandomConvolutions(12, n_segments=2, statistics="max", standardize="fit", random_state=0),
    FeatureBank([("mel", MelSpectrogram(n_fft=256, n_mels=8)), ("chroma", Chroma(n_fft=256))]),
    FeatureBank([("mel", MelSpectrogram(n_mels=8, pooling=None)), ("chroma", Chroma(pooling=None))]),
]


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_every_public_transformer_is_checked():
    import audiofeat

    public = {
        name
        for name in audiofeat.__all__
        if hasattr(getattr(audiofeat, name), "transform") and isinstance(getattr(audiofeat, name), type)
    }
    # Embeddings need extras, and are checked where those are asked for.
    assert public == {type(estimator).__name__ for estimator in ESTIMATORS} | {"OnnxEmbedding", "SpeechEmbedding"}
