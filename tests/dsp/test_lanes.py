"""Spectra of many frames at once, by the compiled part, against the transform of each frame in double precision."""

import shutil
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st

from audiofeat.dsp import (
    ChromaRecipe,
    FrameSpec,
    MelRecipe,
    SpectrumRecipe,
    chroma_filterbank,
    extract,
    lanes,
    mel_filterbank,
    power_to_db,
)
from audiofeat.dsp import recipes as audio_recipes
from audiofeat.dsp.banded import BandedFilterbank, FullFilterbank
from audiofeat.dsp.spectrum import Block, LanesBlock, blocks, power_spectrum
from tests.dsp.test_fft_backends import OnlyRfft

few = settings(max_examples=60, derandomize=True, deadline=None)
compiled = pytest.mark.skipif(lanes.instructions() is None, reason="the compiled part is not there")
# Every radix as the first stage, and 3, 4 and 5 as the others.
LENGTHS = [8, 16, 24, 40, 48, 64, 80, 120, 128, 240, 256, 320, 400, 480, 512, 600, 1024, 1200, 2048, 4096]


# How far a number may be off, as a part of the frame's maximum.
CLOSE = {np.float32: 1e-6, np.float64: 1e-14}
both = pytest.mark.parametrize("dtype", CLOSE)


def hann(n_fft, dtype=np.float32):
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(dtype)


def spectra_of(clip, start, hop_length, n_frames, window):
    """What the spectra should be, in float64."""
    after = max(0, start + (n_frames - 1) * hop_length + len(window) - len(clip))
    padded = np.pad(clip.astype(np.float64), (max(0, -start), after))[max(0, start) :]
    frames = np.stack([padded[i * hop_length :][: len(window)] for i in range(n_frames)])
    return np.abs(np.fft.rfft(frames * window, axis=1).T) ** 2


def assert_close(power, expected):
    assert (np.abs(power - expected) <= CLOSE[power.dtype.type] * expected.max(axis=0)).all()


@pytest.fixture(params=["avx512", "avx2", "baseline"])
def instructions(request):
    if lanes.instructions() is None or request.param not in lanes._lanes.ways():
        pytest.skip(f"no {request.param} here")
    lanes._lanes.choose(request.param)
    yield request.param
    lanes._lanes.choose(lanes.instructions())


@pytest.mark.skipif(
    shutil.which((sysconfig.get_config_var("CC") or "none").split()[0]) is None
    or not Path(sysconfig.get_path("include"), "Python.h").is_file(),
    reason="there is no compiler here, or no headers of Python",
)
def test_where_there_is_a_compiler_there_is_the_compiled_part():
    assert lanes.instructions() is not None


@both
@pytest.mark.parametrize("n_fft", LENGTHS)
def test_the_power_is_that_of_each_frame(instructions, n_fft, dtype, rng):
    clip = rng.standard_normal(40 * n_fft).astype(dtype)
    for hop_length, n_frames in ((n_fft // 4, 70), (n_fft // 4 + 1, 33), (n_fft, 16), (2 * n_fft + 3, 9), (1, 5)):
        window = hann(n_fft, dtype)
        power, _ = lanes.spectra(clip, -(n_fft // 2), hop_length, n_frames, window, power=True)
        assert power.shape == (n_fft // 2 + 1, n_frames)
        assert power.dtype == dtype
        assert_close(power, spectra_of(clip, -(n_fft // 2), hop_length, n_frames, window))


@compiled
@given(
    n_fft=st.sampled_from(LENGTHS[:12]),
    hop_length=st.integers(1, 700),
    n_samples=st.integers(1, 3000),
    start=st.integers(-3000, 3000),
    n_frames=st.integers(1, 200),
)
@few
def test_frames_may_lie_anywhere(n_fft, hop_length, n_samples, start, n_frames):
    # Before, across, inside and after the clip: what is not there is zero.
    clip = np.random.default_rng(n_samples).standard_normal(n_samples).astype(np.float32)
    window = np.ones(n_fft, dtype=np.float32)
    power, _ = lanes.spectra(clip, start, hop_length, n_frames, window, power=True)
    assert_close(power, spectra_of(clip, start, hop_length, n_frames, window))


@both
def test_filter_banks_multiply_the_power(instructions, dtype, rng):
    clip, window = rng.standard_normal(20_000).astype(dtype), hann(1024, dtype)
    weights = [mel_filterbank(22050, 1024, n_mels=200), chroma_filterbank(22050, 1024), np.zeros((3, 513))]
    kinds = [BandedFilterbank, FullFilterbank, BandedFilterbank]
    banks = [kind(weight, dtype) for kind, weight in zip(kinds, weights, strict=True)]
    power, products = lanes.spectra(clip, 0, 256, 75, window, power=True, banks=banks)
    for product, weight in zip(products, weights, strict=True):
        assert product.dtype == dtype
        np.testing.assert_allclose(product, weight @ power, rtol=10 * CLOSE[dtype], atol=1e-12)
    none, alone = lanes.spectra(clip, 0, 256, 75, window, power=False, banks=banks[1:2])
    assert none is None
    np.testing.assert_array_equal(alone[0], products[1])


@compiled
@both
@pytest.mark.parametrize("n_fft", [40, 512, 2048])
def test_a_frame_has_the_same_value_wherever_it_stands(n_fft, dtype, rng):
    clip, window = rng.standard_normal(60_000).astype(dtype), hann(n_fft, dtype)
    bank = BandedFilterbank(mel_filterbank(16000, n_fft, n_mels=20), dtype)
    together, products = lanes.spectra(clip, 0, 100, 80, window, power=True, banks=[bank])
    for frame in (0, 1, 15, 16, 17, 63, 64, 79):
        alone, product = lanes.spectra(clip[frame * 100 :], 0, 100, 1, window, power=True, banks=[bank])
        np.testing.assert_array_equal(alone[:, 0], together[:, frame])
        np.testing.assert_array_equal(product[0][:, 0], products[0][:, frame])


@compiled
def test_what_is_not_a_number_stays_in_its_frames(rng):
    clip = rng.standard_normal(4000).astype(np.float32)
    clip[2000] = np.nan
    power, _ = lanes.spectra(clip, 0, 100, 38, hann(256), power=True)
    assert (np.isnan(power).any(axis=0) == [frame * 100 <= 2000 < frame * 100 + 256 for frame in range(38)]).all()


@compiled
def test_threads_do_not_meet(rng):
    clips = [rng.standard_normal(8000).astype(np.float32) for _ in range(40)]
    spec = FrameSpec(n_fft=512, hop_length=128)
    alone = [power_spectrum(clip, spec) for clip in clips]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(alone, pool.map(lambda clip: power_spectrum(clip, spec), clips), strict=True):
            np.testing.assert_array_equal(one, other)


@compiled
@pytest.mark.parametrize(
    ("n_fft", "served"),
    [(512, True), (400, True), (1021, False), (441, False), (4, False), (7 * 64, False), (1 << 17, False)],
)
@both
def test_what_is_served(n_fft, served, dtype, rng):
    clip = rng.standard_normal(2000).astype(dtype)
    block = next(blocks(clip, FrameSpec(n_fft=n_fft)))
    assert lanes.serves(n_fft) == served == isinstance(block, LanesBlock)


RECIPES = [MelRecipe(n_mels=40), MelRecipe(power=1.0), ChromaRecipe()]


@compiled
@pytest.mark.parametrize("framing", [{}, {"center": False}, {"pad_mode": "reflect"}, {"win_length": 300}])
def test_the_same_comes_out_without_it(framing, rng, monkeypatch):
    clip, spec = rng.standard_normal(9000).astype(np.float32), FrameSpec(n_fft=512, hop_length=130, **framing)
    found = extract(clip, spec, RECIPES)
    monkeypatch.setattr(lanes, "_lanes", None)
    assert not isinstance(next(blocks(clip, spec)), LanesBlock)
    for one, other in zip(found, extract(clip, spec, RECIPES), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-4)


@compiled
def test_the_transform_that_the_user_names_comes_first(rng):
    clip, spec = rng.standard_normal(3000).astype(np.float32), FrameSpec(n_fft=512)
    before = OnlyRfft.calls
    with scipy.fft.set_backend(OnlyRfft):
        power_spectrum(clip, spec)
    assert OnlyRfft.calls > before
    before = OnlyRfft.calls
    power_spectrum(clip, spec)
    assert OnlyRfft.calls == before


@compiled
def test_what_does_not_fit_is_refused_before_memory_is_touched():
    clip, window = np.zeros(100, dtype=np.float32), hann(64)
    order, factors, twiddles = lanes._plan(64, False)
    scratch = np.empty(lanes._lanes.scratch_size(False, 64, 16), dtype=np.float32)
    power, edges = np.empty((33, 4), dtype=np.float32), np.array([[0, 34]], dtype=np.int32)
    good = [False, clip, 0, 16, 4, window, order, factors, twiddles, scratch, power, ()]
    lanes._lanes.spectra(*good)
    beyond = ((edges, np.ones(34, dtype=np.float32), np.empty(4, dtype=np.float32)),)
    few_weights = ((edges - [[0, 1]], np.ones(32, dtype=np.float32), np.empty(4, dtype=np.float32)),)
    bad = {
        0: True,
        3: 0,
        4: 5,
        5: window[:32],
        6: order[:-1],
        7: factors[:-1],
        8: twiddles[:-2],
        9: scratch[:-1],
        10: power[:-1],
        11: beyond,
    }
    for place, value in [*bad.items(), (6, order + 1), (7, factors * 0), (11, few_weights)]:
        value = np.ascontiguousarray(value, dtype=value.dtype) if isinstance(value, np.ndarray) else value
        with pytest.raises(ValueError, match="do not fit"):
            lanes._lanes.spectra(*good[:place], value, *good[place + 1 :])
    with pytest.raises(ValueError, match="no sse9"):
        lanes._lanes.choose("sse9")


def decibels_of(power, floor, share):
    """What they should be, in float64."""
    return 10 * np.log10(np.maximum(power.astype(np.float64), max(floor, share * float(power.max()))))


@pytest.mark.parametrize("n", [1, 15, 16, 17, 1000, 4099])
@pytest.mark.parametrize("exponents", [(-37, 38), (-10, 3), (-0.5, 0.5)])
@pytest.mark.parametrize("share", [0.0, 1e-8])
def test_decibels_are_those_of_double_precision(instructions, n, exponents, share, rng):
    power = (10.0 ** rng.uniform(*exponents, n)).astype(np.float32)
    power[: n // 10] = 0
    found = np.full_like(power, np.nan)
    assert lanes.decibels(power, found, 1e-10, share)
    # To the last digit or two of a number of that size.
    np.testing.assert_allclose(found, decibels_of(power, 1e-10, share), rtol=1.5e-7, atol=1e-6)
    assert lanes.decibels(power, power, 1e-10, share)
    np.testing.assert_array_equal(power, found)


@compiled
def test_decibels_of_powers_of_two_and_next_to_one(rng):
    power = np.concatenate([2.0 ** np.arange(-30, 31), np.nextafter(np.float32(1), np.float32([0, 2])), [0.70710677]])
    power = power.astype(np.float32)
    found = np.empty_like(power)
    assert lanes.decibels(power, found, 1e-10, 0.0)
    np.testing.assert_allclose(found, decibels_of(power, 1e-10, 0.0), rtol=1.2e-7, atol=1e-9)
    assert found[30] == 0.0


@compiled
def test_decibels_of_a_number_do_not_depend_on_where_it_stands(rng):
    power = rng.random(1000, dtype=np.float32)
    together, alone = np.empty_like(power), np.empty(1, dtype=np.float32)
    lanes.decibels(power, together, 1e-10, 0.0)
    for place in (0, 5, 991, 999):
        lanes.decibels(power[place : place + 1], alone, 1e-10, 0.0)
        assert alone[0] == together[place]


@compiled
@pytest.mark.parametrize("odd", [np.nan, np.inf])
@pytest.mark.parametrize("place", [0, 20, 39])
def test_decibels_of_what_is_not_finite_are_left_to_numpy(odd, place):
    power = np.ones(40, dtype=np.float32)
    power[place] = odd
    found = np.zeros_like(power)
    assert not lanes.decibels(power, found, 1e-10, 0.0)
    assert (found == 0).all()
    with np.errstate(invalid="ignore"):
        assert np.isinf(odd) == np.isinf(power_to_db(power, top_db=None)[place])


def test_decibels_of_others_are_left_to_numpy(rng):
    power = rng.random((8, 8), dtype=np.float32)
    assert not lanes.decibels(power.astype(np.float64), np.empty((8, 8)), 1e-10, 0.0)
    assert not lanes.decibels(power[:, ::2], np.empty((8, 4), dtype=np.float32), 1e-10, 0.0)
    assert not lanes.decibels(power[:0], power[:0], 1e-10, 0.0)
    assert not lanes.decibels(power, np.empty_like(power), 1e-44, 0.0)
    np.testing.assert_allclose(power_to_db(power[:, ::2]), power_to_db(power)[:, ::2], rtol=1e-6, atol=1e-5)


@compiled
@pytest.mark.parametrize("with_others", [False, True])
def test_products_come_from_one_pass_though_a_cache_forgets_the_banks(with_others, rng, monkeypatch):
    # As when two threads fill it at once, or more banks are in use than it holds.
    clip, spec = rng.standard_normal(8000).astype(np.float32), FrameSpec(n_fft=512)
    recipes = [MelRecipe(n_mels=40), ChromaRecipe(), *([SpectrumRecipe()] if with_others else [])]
    expected = extract(clip, spec, recipes)
    for name in ("_banded_mel", "_full_chroma"):
        monkeypatch.setattr(audio_recipes, name, getattr(audio_recipes, name).__wrapped__)
    monkeypatch.setattr(Block, "project", lambda *_, **__: pytest.fail("multiplied outside of the pass"))
    for one, other in zip(extract(clip, spec, recipes), expected, strict=True):
        np.testing.assert_array_equal(one, other)


@compiled
def test_any_number_of_banks(rng):
    clip, spec = rng.standard_normal(8000).astype(np.float32), FrameSpec(n_fft=512)
    recipes = [MelRecipe(n_mels=20 + k) for k in range(40)]
    for recipe, feature in zip(recipes, extract(clip, spec, recipes), strict=True):
        np.testing.assert_array_equal(feature, extract(clip, spec, [recipe])[0])


@compiled
def test_any_hop_for_one_frame(rng):
    clip = rng.standard_normal(100).astype(np.float32)
    one = power_spectrum(clip, FrameSpec(n_fft=64, hop_length=64))[:, :1]
    for hop_length in (2**30, 2**40):
        np.testing.assert_array_equal(power_spectrum(clip, FrameSpec(n_fft=64, hop_length=hop_length)), one)


@compiled
@pytest.mark.parametrize(("dtype", "offset"), [(np.float32, 1), (np.float64, 4)])
def test_samples_may_begin_anywhere_in_memory(dtype, offset, rng):
    clip = rng.standard_normal(3000).astype(dtype)
    memory = np.empty(clip.nbytes + offset, dtype=np.uint8)
    memory[offset:] = clip.view(np.uint8)
    crooked, spec = memory[offset:].view(dtype), FrameSpec(n_fft=64)
    assert not crooked.flags.aligned
    np.testing.assert_array_equal(power_spectrum(crooked, spec), power_spectrum(clip, spec))
    power = np.abs(crooked)
    np.testing.assert_array_equal(power_to_db(memory[offset:].view(dtype) ** 2), power_to_db(power**2))


def test_what_must_not_be_written_to_is_not(rng):
    power = rng.random(40, dtype=np.float32)
    power.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        power_to_db(power, copy=False)


class OnlyFrames:
    """A backend that takes frames of many samples only, and says so."""

    __ua_domain__ = "numpy.scipy.fft"
    calls = 0

    @classmethod
    def __ua_function__(cls, method, args, kwargs):
        if np.ndim(args[0]) != 2:
            return NotImplemented
        if len(args[0]) < 100:
            raise ValueError("frames of 100 samples at least")
        cls.calls += 1
        return np.fft.rfft(*args, **kwargs)


def test_a_transform_that_takes_long_frames_only_serves_those(rng):
    clip, spec = rng.standard_normal(3000).astype(np.float32), FrameSpec(n_fft=512)
    with scipy.fft.set_backend(OnlyFrames):
        power_spectrum(clip, spec)
    assert OnlyFrames.calls


@compiled
def test_numbers_beyond_all_memory_are_refused():
    good = [np.zeros(100, dtype=np.float32), 0, 16, 4, hann(64), *lanes._plan(64, False)]
    good.append(np.empty(lanes._lanes.scratch_size(False, 64, 16), dtype=np.float32))
    power, most = np.empty((33, 4), dtype=np.float32), 2**63 - 1
    wrap = 2**64 // (33 * 4) + 1
    for place, value in [(1, most - 200), (1, -most), (2, most // 15), (3, wrap), (3, most)]:
        with pytest.raises(ValueError, match="do not fit"):
            lanes._lanes.spectra(False, *good[:place], value, *good[place + 1 :], power, ())
    for n_fft, hop_length in ((64, 0), (0, 64), (2**21, 64)):
        with pytest.raises(ValueError, match="do not fit"):
            lanes._lanes.scratch_size(False, n_fft, hop_length)
    for bank in (None, (1, 2), ()):
        with pytest.raises(ValueError, match="do not fit"):
            lanes._lanes.spectra(False, *good, power, (bank,))
    with pytest.raises(TypeError):
        lanes._lanes.spectra(False, *good, power, ((1, 2, 3),))
