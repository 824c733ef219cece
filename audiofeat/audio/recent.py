"""The arrays used last, kept in memory up to a number of bytes.

Conventions: a name is the owner's token and a key of 16 bytes; arrays are read-only, so that all who ask can share one.
"""

from collections import OrderedDict
from threading import Lock

import numpy as np

__all__ = ["RECENT", "Recent"]

# What an entry costs besides its samples: array, name, stamp and place in the dictionary [bytes].
_OVERHEAD = 500


class Recent:
    """Arrays by owner and key; the one used longest ago goes when there is no room.

    Parameters
    ----------
    max_bytes : int
        Room [bytes].

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.audio.recent import Recent
    >>> recent = Recent(max_bytes=10_000)
    >>> for number in range(3):
    ...     recent.keep(0, bytes([number]), np.zeros(500), stamp=7)
    >>> [recent.find(0, bytes([number])) is not None for number in range(3)]
    [False, True, True]
    """

    def __init__(self, max_bytes: int):
        self.max_bytes = max_bytes
        self.n_bytes = 0
        self._entries: OrderedDict[tuple[int, bytes], tuple[np.ndarray, int]] = OrderedDict()
        self._lock = Lock()

    def find(self, owner: int, key: bytes) -> tuple[np.ndarray, int] | None:
        """Look an array up.

        Parameters
        ----------
        owner : int
            Whose it is.
        key : bytes
            Which.

        Returns
        -------
        (ndarray, int) or None
            The array and its stamp, or None if it is not here.
        """
        with self._lock:
            entry = self._entries.get((owner, key))
            if entry is not None:
                self._entries.move_to_end((owner, key))
            return entry

    def keep(self, owner: int, key: bytes, array: np.ndarray, stamp: int) -> None:
        """Keep an array as the one used last.

        Parameters
        ----------
        owner : int
            Whose it is.
        key : bytes
            Which.
        array : ndarray
            The array, read-only.
        stamp : int
            What its owner wants to know of it.
        """
        with self._lock:
            self._drop((owner, key))
            self._entries[owner, key] = array, stamp
            self.n_bytes += array.nbytes + _OVERHEAD
            while self.n_bytes > self.max_bytes:
                self._drop(next(iter(self._entries)))

    def forget(self, owner: int) -> None:
        """Drop what belongs to one owner.

        Parameters
        ----------
        owner : int
            Whose.
        """
        with self._lock:
            for name in [name for name in self._entries if name[0] == owner]:
                self._drop(name)

    def _drop(self, name: tuple[int, bytes]) -> None:
        entry = self._entries.pop(name, None)
        if entry is not None:
            self.n_bytes -= entry[0].nbytes + _OVERHEAD


# One for the process: many stores must not take many times the room.
RECENT = Recent(64 * 2**20)
