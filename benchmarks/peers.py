"""One adapter per library: what it calls to compute a feature of one clip the way librosa does by default.

An adapter is a function ``(case) -> function(clip) -> array`` for a `Case`; it returns None for what the library lacks.
Everything that can be prepared once (filter banks, objects) is prepared outside the timed function, in every library's
favour.
"""

from typing import NamedTuple

import numpy as np


class Case(NamedTuple):
    """A feature with its settings."""

    feature: str
    sample_rate: int
    n_fft: int
    hop_length: int
    n_mels: int

    @property
    def name(self) -> str:
        return f"{self.feature} {self.sample_rate // 1000} kHz/{self.n_fft}"


CASES = [
    Case("mel", 22050, 2048, 512, 128),
    Case("mel", 16000, 512, 160, 40),
    Case("mfcc", 22050, 2048, 512, 128),
    Case("mfcc", 16000, 512, 160, 40),
    Case("mel+mfcc+chroma", 22050, 2048, 512, 128),
    Case("mel+mfcc+chroma tuned", 22050, 2048, 512, 128),
]
N_MFCC = 20


def librosa(case):
    import librosa

    frames = {"sr": case.sample_rate, "n_fft": case.n_fft, "hop_length": case.hop_length}

    def mel(clip):
        return librosa.power_to_db(librosa.feature.melspectrogram(y=clip, n_mels=case.n_mels, **frames))

    def mfcc(clip):
        return librosa.feature.mfcc(y=clip, n_mfcc=N_MFCC, n_mels=case.n_mels, **frames)

    def three(clip):
        return mel(clip), mfcc(clip), librosa.feature.chroma_stft(y=clip, tuning=0.0, **frames)

    def three_tuned(clip):
        return mel(clip), mfcc(clip), librosa.feature.chroma_stft(y=clip, tuning=None, **frames)

    return {"mel": mel, "mfcc": mfcc, "mel+mfcc+chroma": three, "mel+mfcc+chroma tuned": three_tuned}[case.feature]


def audiofeat(case):
    from audiofeat.dsp import CepstrumRecipe, ChromaRecipe, FrameSpec, MelRecipe, extract

    spec = FrameSpec(sample_rate=case.sample_rate, n_fft=case.n_fft, hop_length=case.hop_length)
    mel = MelRecipe(n_mels=case.n_mels)
    recipes = {
        "mel": [mel],
        "mfcc": [CepstrumRecipe(n_mfcc=N_MFCC, mel=mel)],
        "mel+mfcc+chroma": [mel, CepstrumRecipe(n_mfcc=N_MFCC, mel=mel), ChromaRecipe()],
        "mel+mfcc+chroma tuned": [mel, CepstrumRecipe(n_mfcc=N_MFCC, mel=mel), ChromaRecipe(tuning="estimate")],
    }[case.feature]
    return lambda clip: extract(clip, spec, recipes)


def floor(case):
    """Framing, window and FFT alone, as `audiofeat` does them: what no mel spectrogram on this FFT can beat.

    The compiled spectra cannot leave out the squares, but keep nothing.
    """
    from audiofeat.dsp import FrameSpec, lanes
    from audiofeat.dsp.spectrum import LanesBlock, blocks

    spec = FrameSpec(sample_rate=case.sample_rate, n_fft=case.n_fft, hop_length=case.hop_length)
    if case.feature != "mel":
        return None
    window = spec.window_values(np.float32)

    def transform(clip):
        for block in blocks(clip, spec):
            if isinstance(block, LanesBlock):
                start = block.start * spec.hop_length - spec.pad_length
                lanes.spectra(clip, start, spec.hop_length, block.n_frames, window, power=False)
            else:
                block.spectrum()

    return transform


def torchaudio(case):
    import torch
    import torchaudio.transforms as T

    torch.set_num_threads(1)
    frames = {"n_fft": case.n_fft, "hop_length": case.hop_length, "pad_mode": "constant"}
    mels = {**frames, "n_mels": case.n_mels, "norm": "slaney", "mel_scale": "slaney"}
    to_db = T.AmplitudeToDB("power", top_db=80.0)
    if case.feature == "mel":
        mel = T.MelSpectrogram(case.sample_rate, **mels)
        return lambda clip: to_db(mel(torch.from_numpy(clip)))
    if case.feature == "mfcc":
        mfcc = T.MFCC(case.sample_rate, N_MFCC, melkwargs=mels)
        return lambda clip: mfcc(torch.from_numpy(clip))
    return None


def audioflux(case):
    import audioflux as af
    from audioflux.type import SpectralDataType, SpectralFilterBankNormalType, SpectralFilterBankScaleType

    if "chroma" in case.feature:
        return None
    bft = af.BFT(
        num=case.n_mels,
        radix2_exp=int(np.log2(case.n_fft)),
        samplate=case.sample_rate,
        slide_length=case.hop_length,
        scale_type=SpectralFilterBankScaleType.MEL,
        normal_type=SpectralFilterBankNormalType.AREA,
        data_type=SpectralDataType.POWER,
    )
    if case.feature == "mel":
        return lambda clip: af.utils.power_to_db(bft.bft(clip, result_type=1))
    xxcc = af.XXCC(num=case.n_mels)

    def mfcc(clip):
        spectrum = bft.bft(clip, result_type=1)
        xxcc.set_time_length(time_length=spectrum.shape[-1])
        return xxcc.xxcc(spectrum, cc_num=N_MFCC)

    return mfcc


def python_speech_features(case):
    import python_speech_features as psf

    if case.feature != "mfcc":
        return None
    options = {
        "samplerate": case.sample_rate,
        "winlen": case.n_fft / case.sample_rate,
        "winstep": case.hop_length / case.sample_rate,
        "nfft": case.n_fft,
        "nfilt": case.n_mels,
        "numcep": N_MFCC,
    }
    return lambda clip: psf.mfcc(clip, **options)


def kaldi_native_fbank(case):
    import kaldi_native_fbank as knf

    if "chroma" in case.feature:
        return None
    options = knf.FbankOptions() if case.feature == "mel" else knf.MfccOptions()
    options.frame_opts.samp_freq = case.sample_rate
    options.frame_opts.frame_length_ms = 1000 * case.n_fft / case.sample_rate
    options.frame_opts.frame_shift_ms = 1000 * case.hop_length / case.sample_rate
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = case.n_mels
    if case.feature == "mfcc":
        options.num_ceps = N_MFCC
    kind = knf.OnlineFbank if case.feature == "mel" else knf.OnlineMfcc

    def features(clip):
        extractor = kind(options)
        extractor.accept_waveform(case.sample_rate, clip)
        extractor.input_finished()
        return np.stack([extractor.get_frame(i) for i in range(extractor.num_frames_ready)])

    return features


def afx_audio(case):
    from afx_audio.extractors.cepstral_features import extract_melspectrogram, extract_mfcc

    frames = {"frame_size": case.n_fft, "hop_length": case.hop_length, "n_mels": case.n_mels}
    if case.feature == "mel":
        return lambda clip: extract_melspectrogram(clip, case.sample_rate, **frames)
    if case.feature == "mfcc":
        return lambda clip: extract_mfcc(clip, case.sample_rate, n_mfcc=N_MFCC, **frames)
    return None


def opensmile(case):
    import opensmile

    if case.feature != "mfcc" or case.n_fft != 512:
        return None
    # Its ready-made set holds 12 MFCC among 130 features; there is no smaller one.
    smile = opensmile.Smile(opensmile.FeatureSet.ComParE_2016, opensmile.FeatureLevel.LowLevelDescriptors)
    return lambda clip: smile.process_signal(clip, case.sample_rate)


ADAPTERS = {
    "librosa": librosa,
    "audiofeat": audiofeat,
    "audiofeat scipy": audiofeat,
    "audiofeat ducc0": audiofeat,
    "audiofeat mkl": audiofeat,
    "floor": floor,
    "floor scipy": floor,
    "floor ducc0": floor,
    "floor mkl": floor,
    "torchaudio": torchaudio,
    "audioflux": audioflux,
    "python_speech_features": python_speech_features,
    "kaldi_native_fbank": kaldi_native_fbank,
    "afx_audio": afx_audio,
    "opensmile": opensmile,
}
