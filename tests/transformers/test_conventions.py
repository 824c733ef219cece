"""`convention` on MFCC and MelSpectrogram: what it gives, what it leaves, what it refuses."""

import inspect
import re

import numpy as np
import pytest
from sklearn.base import clone

from audiofeat import MFCC, AudioLoader, FeatureBank, MelSpectrogram, Spectrogram
from audiofeat.dsp import FrameSpec, SpeechCepstrumRecipe, SpeechMelRecipe, extract
from audiofeat.transformers._conventions import DEFAULTS

CLIPS = 0.1 * np.random.default_rng(0).standard_normal((2, 8000))
TOOLKITS = ["kaldi", "htk"]


@pytest.mark.parametrize("convention", TOOLKITS)
@pytest.mark.parametrize(
    ("rate", "win", "hop", "n_fft"), [(16000, 400, 160, 512), (8000, 200, 80, 256), (22050, 551, 220, 1024)]
)
def test_bare(convention, rate, win, hop, n_fft):
    defaults = DEFAULTS[convention]
    spec = FrameSpec(
        rate, n_fft, hop, win, defaults["window"], False, pad_mode=defaults["pad_mode"], convention=convention
    )
    mel = SpeechMelRecipe(defaults["n_mels"], defaults["fmin"], power=defaults["power"])
    mfcc = SpeechCepstrumRecipe(13, 22, use_energy=convention == "kaldi", mel=mel)
    for extractor, recipe in ((MelSpectrogram, mel), (MFCC, mfcc)):
        maps = extractor(convention=convention, sample_rate=rate, pooling=None).fit_transform(CLIPS)
        np.testing.assert_allclose(maps[1], extract(CLIPS[1], spec, [recipe])[0], atol=1e-9)


def test_what_is_given_keeps_its_meaning():
    maps = MFCC(
        convention="kaldi",
        n_mfcc=20,
        n_mels=128,
        fmin=0.0,
        fmax=4000,
        lifter=0,
        use_energy=False,
        n_fft=2048,
        hop_length=512,
        win_length=2000,
        window="hann",
        center=True,
        pad_mode="constant",
        deltas=1,
        sample_rate=16000,
        pooling=None,
    ).fit_transform(CLIPS)
    spec = FrameSpec(16000, 2048, 512, 2000, "hann", True, "constant", "kaldi")
    recipe = SpeechCepstrumRecipe(20, 0, 1, False, SpeechMelRecipe(128, 0.0, 4000))
    np.testing.assert_allclose(maps[0], extract(CLIPS[0], spec, [recipe])[0], atol=1e-9)


@pytest.mark.parametrize("extractor", [MFCC, MelSpectrogram])
def test_without_a_convention_none_is_librosas_default(extractor):
    explicit = {name: DEFAULTS["librosa"][name] for name in extractor().get_params() if name in DEFAULTS["librosa"]}
    np.testing.assert_array_equal(extractor().fit_transform(CLIPS), extractor(**explicit).fit_transform(CLIPS))


@pytest.mark.parametrize("extractor", [MFCC, MelSpectrogram])
@pytest.mark.parametrize("convention", TOOLKITS)
def test_cloning_and_names(extractor, convention):
    pooled = clone(extractor(convention=convention, use_energy=True)).fit(CLIPS)
    names = pooled.get_feature_names_out()
    assert len(set(names)) == len(names) == pooled.transform(CLIPS).shape[1]
    assert (names[-1] == "log_energy_std") == (extractor is MelSpectrogram)


def test_energy_stands_below_the_bands_or_in_place_of_c0():
    energy = MelSpectrogram(convention="kaldi", use_energy=True, pooling=None).fit_transform(CLIPS)[:, -1]
    c0 = MFCC(convention="kaldi", pooling=None).fit_transform(CLIPS)[:, 0]
    np.testing.assert_array_equal(energy, c0)
    assert (MFCC(convention="kaldi", use_energy=False, pooling=None).fit_transform(CLIPS)[:, 0] != c0).all()


def test_without_logarithm():
    linear = MelSpectrogram(convention="kaldi", scale="linear", pooling=None).fit_transform(CLIPS)
    np.testing.assert_allclose(np.log(linear), MelSpectrogram(convention="kaldi", pooling=None).fit_transform(CLIPS))


def test_power_is_the_users():
    given = MelSpectrogram(convention="htk", power=2.0).fit_transform(CLIPS)
    np.testing.assert_array_equal(
        MelSpectrogram(convention="htk", power=1.0).fit_transform(CLIPS),
        MelSpectrogram(convention="htk").fit_transform(CLIPS),
    )
    assert (given[:, :26] > MelSpectrogram(convention="htk").fit_transform(CLIPS)[:, :26]).all()


def test_in_a_bank_beside_others():
    batch = AudioLoader(sample_rate=16000).fit_transform(CLIPS)
    members = [MFCC(convention="kaldi"), MelSpectrogram(convention="kaldi"), MFCC(convention="htk"), Spectrogram()]
    bank = FeatureBank([(f"m{i}", member) for i, member in enumerate(members)])
    alone = [clone(member).fit_transform(batch) for member in members]
    np.testing.assert_array_equal(bank.fit_transform(batch), np.concatenate(alone, axis=1))


def test_members_of_one_convention_share_their_spectrum(monkeypatch):
    from audiofeat.dsp.spectrum import ConventionBlock

    counted = []
    spectrum = ConventionBlock.spectrum
    monkeypatch.setattr(ConventionBlock, "spectrum", lambda block: counted.append(block) or spectrum(block))
    bank = FeatureBank([("a", MFCC(convention="kaldi")), ("b", MelSpectrogram(convention="kaldi", n_mels=40))])
    bank.fit_transform(CLIPS[:1])
    assert len(counted) == 1


@pytest.mark.parametrize("convention", TOOLKITS)
def test_padding_never_enters_the_statistics(convention):
    clips = [CLIPS[0], CLIPS[1][:5000], CLIPS[1][:401]]
    bare = AudioLoader(sample_rate=16000).fit_transform(clips)
    padded = AudioLoader(sample_rate=16000, duration=0.7).fit_transform(clips)
    mfcc = MFCC(convention=convention)
    np.testing.assert_array_equal(mfcc.fit_transform(padded), mfcc.fit_transform(bare))


def test_a_recording_shorter_than_a_window_borrows_padding_for_one_frame():
    batch = AudioLoader(sample_rate=16000, duration=0.7).fit_transform([CLIPS[0][:300]])
    mfcc = MFCC(convention="kaldi", hop_length=20, pooling="mean").fit(batch)
    samples = np.pad(CLIPS[0][:300], (0, 100)).astype(np.float32)
    np.testing.assert_array_equal(mfcc.transform(batch), mfcc.transform([samples]))


@pytest.mark.parametrize(
    ("extractor", "message"),
    [
        (MFCC(convention="sphinx"), r"The 'convention' parameter of MFCC must be a str among"),
        (MFCC(convention="htk", center=True), r"MFCC got center=True with convention='htk'.*Use center=False"),
        (
            MFCC(convention="kaldi", dct_type=3),
            r"MFCC got dct_type=3 with convention='kaldi', which settles it\. Leave",
        ),
        (MFCC(convention="kaldi", dct_norm=None), r"dct_norm=None with convention='kaldi'"),
        (MFCC(convention="kaldi", top_db=60), r"top_db=60 with convention='kaldi'"),
        (MelSpectrogram(convention="htk", mel_norm=1), r"MelSpectrogram got mel_norm=1 with convention='htk'"),
        (MFCC(convention="kaldi", n_mfcc=24), r"n_mfcc=24, more than n_mels=23"),
        (MFCC(convention="kaldi", n_fft=512), r"win_length=551 with n_fft=512.*lower win_length or raise n_fft"),
        (MFCC(use_energy=True), r"MFCC got use_energy=True with convention='librosa'.*Put Energy beside it"),
        (MelSpectrogram(use_energy=True), r"MelSpectrogram got use_energy=True with convention='librosa'"),
        (MelSpectrogram(convention="kaldi", fmax=12000), r"fmax=12000 Hz, above half the sample rate"),
    ],
)
def test_what_cannot_be_reconciled(extractor, message):
    with pytest.raises(ValueError, match=message):
        extractor.fit(CLIPS)


def table(extractor):
    """Rows of the table in a docstring, by their first column."""
    lines = inspect.getdoc(extractor).splitlines()
    first, _, last = (i for i, line in enumerate(lines) if line.startswith("=====  ") or re.match(r"=+  =+", line))
    return {cells[0]: cells[1:] for cells in (re.split(r"  +", line) for line in lines[first + 3 : last])}, lines[
        first:last
    ]


def test_the_table_of_both_is_one_and_says_what_none_means():
    (rows, text), (_, other) = table(MFCC), table(MelSpectrogram)
    assert text == other
    for column, convention in enumerate(DEFAULTS):
        for name in ("n_mels", "n_mfcc", "power", "fmin"):
            assert float(rows[f"`{name}`"][column].split()[0]) == DEFAULTS[convention][name], name
        assert rows["`window`"][column] == f'"{DEFAULTS[convention]["window"]}"'
        assert rows["`center`"][column].startswith(str(DEFAULTS[convention]["center"]))
        assert rows["`use_energy`"][column].startswith(str(DEFAULTS[convention]["use_energy"]))
