"""What a network consists of, layer by layer, as text and HTML."""

import html
import math

from audiofeat.neural.backend import load_keras

__all__ = ["describe_layers", "network_html", "network_text"]

_HEADER = ("layer", "kind", "output", "parameters", "multiply-adds", "trained")


def describe_layers(model):
    """Describe each layer of a network as plain data.

    Parameters
    ----------
    model : keras.Model
        The network; models inside it are opened.

    Returns
    -------
    list of dict
        For each layer its `name`, `kind`, `output` shape without the clips, number of `parameters`, `multiply_adds` for one
        clip, and whether it is `trained`. Multiply-adds are those of convolutions and dense layers: each weight of a
        kernel is used once at each place of the output.
    """
    keras = load_keras(by="CNNClassifier")
    rows = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            rows += describe_layers(layer)
            continue
        shape = tuple(layer.output.shape[1:])
        kernels = sum(math.prod(variable.shape) for variable in layer.weights if len(variable.shape) > 1)
        rows.append(
            {
                "name": layer.name,
                "kind": type(layer).__name__,
                "output": shape,
                "parameters": sum(math.prod(variable.shape) for variable in layer.weights),
                "multiply_adds": kernels * math.prod(shape[:-1]),
                "trained": bool(layer.trainable_variables),
            }
        )
    return rows


def network_text(layers, facts):
    """Lay out a table of layers with a line of facts above and the sums below.

    Parameters
    ----------
    layers : list of dict
        From `describe_layers`.
    facts : list of str
        What else there is to say, a line each.
    """
    cells: list[tuple[str, ...]] = [
        (
            row["name"],
            row["kind"],
            " × ".join(map(str, row["output"])),
            f"{row['parameters']:,}" if row["parameters"] else "",
            f"{row['multiply_adds']:,}" if row["multiply_adds"] else "",
            "" if not row["parameters"] else "yes" if row["trained"] else "no",
        )
        for row in layers
    ]
    sums = (f"{sum(row[name] for row in layers):,}" for name in ("parameters", "multiply_adds"))
    cells = [_HEADER, *cells, ("in all", "", "", *sums, "")]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numbers = (3, 4)
    lines = [
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    rule = "-" * max(map(len, lines))
    return "\n".join([*facts, "", lines[0], rule, *lines[1:-1], rule, lines[-1]])


def network_html(text, n_parameters):
    """Fold a summary away under a line that can be opened."""
    return (
        f'<details><summary>Network of {n_parameters:,} parameters</summary><pre style="line-height: 1.3">'
        f"{html.escape(text)}</pre></details>"
    )
