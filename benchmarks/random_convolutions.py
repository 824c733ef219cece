"""Time random convolutions of a log-mel map on one core, beside other ways to the same numbers.

    python benchmarks/random_convolutions.py [--rounds 15] [--kernels 1200]

The map has 64 bands and 216 frames: five seconds at 22,050 Hz, a real recording where AUDIOFEAT_DATA is set. Every way
takes the same kernels and gives the same four statistics of each response, which is checked first; rounds are
interleaved, and times are CPU time.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
from scipy.signal import oaconvolve
from threadpoolctl import threadpool_limits

from audiofeat import AudioLoader, MelSpectrogram, RandomConvolutions, datasets
from audiofeat.dsp import random_kernels, response_statistics

ROUND_CLIPS = 4


def make_map() -> np.ndarray:
    """A log-mel map of five seconds, of mean 0 and variance 1."""
    folder = Path(os.environ.get("AUDIOFEAT_DATA", ""))
    files = sorted(folder.glob("esc10_dev/audio/*/*.ogg")) if "AUDIOFEAT_DATA" in os.environ else []
    clips = [str(files[0])] if files else datasets.make_animal_calls(1, random_state=0).data
    batch = AudioLoader(sample_rate=22050, duration=5.0, pad_mode="wrap").fit_transform(clips)
    values = MelSpectrogram(n_mels=64, pooling=None).fit_transform(batch)[0]
    return (values - values.mean()) / values.std()


def band_of(values, group):
    return values[group.rows[0] : group.rows[1] - 1 + group.span[0]]


def four(responses, biases):
    """The statistics of responses ``(n_kernels, n_positions)``, each by the NumPy function for it."""
    above = (responses > biases[:, None]).mean(axis=1)
    return np.stack([above, responses.max(axis=1), responses.mean(axis=1), responses.std(axis=1)], axis=1)


def one_product(values, groups):
    """One matrix product per group over all of its patches, then the statistics."""
    told = []
    for group in groups:
        windows = np.lib.stride_tricks.sliding_window_view(band_of(values, group), group.span)
        windows = windows[:, :, :: group.dilation[0], :: group.dilation[1]]
        n_taps = windows.shape[2] * windows.shape[3]
        patches = windows.transpose(2, 3, 0, 1).reshape(n_taps, -1)
        told.append(four(group.weights.reshape(-1, n_taps) @ patches, group.biases))
    return np.concatenate(told)


def by_fourier(values, groups):
    """SciPy's overlap-add convolution, all kernels of a group at once."""
    told = []
    for group in groups:
        dilated = np.zeros((len(group.weights), *group.span), np.float32)
        dilated[:, :: group.dilation[0], :: group.dilation[1]] = group.weights
        responses = oaconvolve(band_of(values, group)[None], dilated[:, ::-1, ::-1], mode="valid", axes=(1, 2))
        told.append(four(responses.reshape(len(dilated), -1), group.biases))
    return np.concatenate(told)


def by_tensorflow(values, groups):
    """TensorFlow's convolution, then the statistics."""
    import tensorflow as tf

    told = []
    for group in groups:
        kernels = group.weights.transpose(1, 2, 0)[:, :, None, :]
        responses = tf.nn.conv2d(
            band_of(values, group)[None, :, :, None], kernels, 1, "VALID", dilations=group.dilation
        )
        told.append(four(responses.numpy().reshape(-1, len(group.weights)).T, group.biases))
    return np.concatenate(told)


def ours(values, groups):
    return response_statistics(values, groups)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--kernels", type=int, default=1200)
    arguments = parser.parse_args()
    ways = {"audiofeat": ours, "one product a group": one_product, "SciPy oaconvolve": by_fourier}
    try:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        ways["TensorFlow conv2d"] = by_tensorflow
    except ImportError:
        print("TensorFlow is not installed: left out.")
    values = make_map()
    print(f"{arguments.kernels} kernels on a {values.shape[0]} × {values.shape[1]} map, {arguments.rounds} rounds\n")
    print("| kernels run in | way | ms CPU a clip (quarter points) | times audiofeat's |")
    print("|---|---|---|---|")
    for n_bands in (8, 1):
        groups = random_kernels(arguments.kernels, len(values), np.random.RandomState(0), n_bands=n_bands)
        expected = ours(values, groups)
        for name, way in ways.items():
            # A response within rounding of its bias may fall on either side.
            np.testing.assert_allclose(way(values, groups), expected, atol=1e-3, err_msg=name)
        times = {name: [] for name in ways}
        for _ in range(arguments.rounds):
            for name, way in ways.items():
                started = time.process_time()
                way(values, groups)
                times[name].append(1000 * (time.process_time() - started))
        report(f"one band of {n_bands}" if n_bands > 1 else "the whole map", times)
    whole_step(values, arguments)


def report(where, times) -> None:
    for name, taken in times.items():
        low, middle, high = np.quantile(taken, (0.25, 0.5, 0.75))
        ratio = np.median(np.divide(taken, times["audiofeat"]))
        print(f"| {where} | {name} | {middle:.1f} ({low:.1f} to {high:.1f}) | {ratio:.2f} |")


def whole_step(values, arguments) -> None:
    """The transformer as it is by default, with checks, standardisation and columns."""
    maps = np.repeat(values[None], ROUND_CLIPS, axis=0)
    step = RandomConvolutions(arguments.kernels, random_state=0).fit(maps)
    taken = []
    for _ in range(arguments.rounds):
        started = time.process_time()
        step.transform(maps)
        taken.append(1000 * (time.process_time() - started) / ROUND_CLIPS)
    print(f"\nRandomConvolutions().transform: {np.median(taken):.1f} ms CPU a clip")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
