import numpy as np

interface: int

def spectra(
    is_double: bool,
    samples: np.ndarray,
    start: int,
    hop: int,
    n_frames: int,
    window: np.ndarray,
    order: np.ndarray,
    factors: np.ndarray,
    twiddles: np.ndarray,
    scratch: np.ndarray,
    power: np.ndarray | None,
    banks: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...],
    /,
) -> None: ...
def decibels(power: np.ndarray, out: np.ndarray, floor: float, share: float, /) -> bool: ...
def scratch_size(is_double: bool, n_fft: int, hop: int, /) -> int: ...
def ways() -> list[str]: ...
def choose(name: str, /) -> None: ...
