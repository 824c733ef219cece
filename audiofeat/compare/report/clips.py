"""Sections on the clips: what they are, what the winner takes them for, and where it is sure and wrong."""

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from audiofeat.audio import ArraySource, AudioBatch, FileSource
from audiofeat.audio.files import file_facts
from audiofeat.compare.report.markup import Markup, joined, region, table_of, tag
from audiofeat.compare.report.media import audio_player
from audiofeat.compare.report.names import clip_name, duration_in_words
from audiofeat.compare.report.pictures import confusion_picture, spectrogram_picture

if TYPE_CHECKING:
    from audiofeat.compare.results import FeatureComparison

__all__ = ["confusions", "data", "mistakes"]

_MOST_CONFUSIONS = 8


def data(comparison: "FeatureComparison", batch: AudioBatch) -> Markup:
    """Tell what was compared on.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.
    batch : AudioBatch
        Its clips.

    Returns
    -------
    Markup
        Sentences and a table.
    """
    y, groups = comparison.clips.y, comparison.clips.groups
    lengths = np.array([_seconds(source) for source in batch.sources])
    sentence = (
        f"{len(y)} clips of {len(comparison.classes)} classes, {duration_in_words(lengths.sum())} in all, "
        f"{duration_in_words(lengths.min())} to {duration_in_words(lengths.max())} each; loaded at {batch.sample_rate} Hz"
    )
    if batch.settings.duration is not None:
        sentence += f", cut or padded to {batch.settings.duration:g} s"
    sentence += f". {'No groups' if groups is None else f'{len(np.unique(groups))} groups'} were given."
    rows = []
    for label in comparison.classes:
        of_class = y == label
        n_groups = "–" if groups is None else str(len(np.unique(groups[of_class])))
        rows.append((str(label), str(of_class.sum()), n_groups, duration_in_words(lengths[of_class].sum())))
    head = ("Class", "Clips", "Groups", "Length")
    return joined(tag("p", sentence), table_of("Clips of each class", head, rows, numbers=(1, 2, 3)))


def confusions(comparison: "FeatureComparison", predictions) -> Markup:
    """Tell what the winner takes clips of each class for.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.
    predictions : DataFrame
        What it said of clips that it had not learned from.

    Returns
    -------
    Markup
        A picture and tables.
    """
    labels, predicted = predictions["label"].to_numpy(), predictions["predicted"].to_numpy()
    classes = comparison.classes
    right = int((labels == predicted).sum())
    alt = f"Confusion matrix of {len(classes)} classes: {right} of {len(labels)} clips are right; as a table below."
    drawn = confusion_picture(labels, predicted, classes, alt)
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=0.0
    )
    rows = [
        (str(label), f"{p:.2f}", f"{r:.2f}", f"{f:.2f}", str(n))
        for label, p, r, f, n in zip(classes, precision, recall, f1, support, strict=True)
    ]
    head = ("Class", "Precision", "Recall", "F1", "Clips")
    wrong = predictions[labels != predicted]
    pairs = wrong.groupby(["label", "predicted"]).size().sort_values(ascending=False, kind="stable")[:_MOST_CONFUSIONS]
    confused = [(f"{label} taken for {taken}", str(n)) for (label, taken), n in pairs.items()]
    return joined(
        tag(
            "p",
            f"What {comparison.winner.label}, fitted on the training part of each fold, said of the clips of its test "
            f"part: {right} of {len(labels)} are right.",
        ),
        region(drawn, "Confusion matrix"),
        table_of("Each class", head, rows, numbers=(1, 2, 3, 4)),
        table_of("What is confused most often", ("Confusion", "Clips"), confused, numbers=(1,)) if confused else "",
    )


def mistakes(predictions, batch: AudioBatch, most: int) -> Markup:
    """Show where the winner is sure and wrong.

    Parameters
    ----------
    predictions : DataFrame
        What it said of clips that it had not learned from.
    batch : AudioBatch
        The clips.
    most : int
        How many to show.

    Returns
    -------
    Markup
        For each a spectrogram, a player and words.
    """
    wrong = predictions[predictions["label"] != predictions["predicted"]]
    if wrong.empty:
        return tag("p", "No clip was mistaken for another class.")
    # Of a clip that several folds test, the one mistake it was surest of.
    worst = wrong.sort_values("confidence", ascending=False, kind="stable").drop_duplicates("clip")
    shown = worst[:most]
    likely = predictions["confidence"].max() <= 1 + 1e-6 and predictions["confidence"].min() >= 0
    measure = "probability" if likely else "decision value"
    sentence = (
        f"{len(worst)} of {predictions['clip'].nunique()} clips were taken for another class. "
        f"These are the {len(shown)} it was surest of. They may also be clips with a wrong label: listen."
    )
    cards = [_card(row, batch, measure) for row in shown.to_dict("records")]
    return joined(tag("p", sentence), tag("div", cards, class_="mistakes"))


def _card(row: dict, batch: AudioBatch, measure: str) -> Markup:
    clip = int(row["clip"])
    name = clip_name(row["path"], clip)
    samples = batch.valid(clip)
    player, seconds = audio_player(samples, batch.sample_rate, name)
    alt = f"Mel spectrogram of {name}, a clip of class {row['label']}"
    length = len(samples) / batch.sample_rate
    played = f"first {seconds:.1f} s of {length:.1f} s" if seconds < length - 0.05 else f"{length:.1f} s"
    sure = "" if np.isnan(row["confidence"]) else f"{measure} {row['confidence']:.2f}, "
    return tag(
        "figure",
        spectrogram_picture(batch[clip : clip + 1], alt),
        tag(
            "figcaption",
            tag("strong", f"{row['label']} taken for {row['predicted']}"),
            tag("br"),
            f"{sure}fold {row['fold']}, {played}",
            tag("br"),
            name,
        ),
        player,
    )


def _seconds(source) -> float:
    """Length of a clip as far as its header tells [s]."""
    if isinstance(source, ArraySource):
        return len(source.samples) / source.sample_rate
    if isinstance(source, FileSource):
        facts = file_facts(source.content)
        return (facts.n_samples / facts.sample_rate if source.stop is None else source.stop) - source.start
    return min(_seconds(source.source), source.settings.duration or np.inf)
