"""Several features side by side, from one spectrum."""

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import FeatureUnion
from sklearn.utils.validation import check_is_fitted

from audiofeat.transformers._base import FeatureExtractor, FlexibleOutputMixin, as_clips, is_pooled, with_labels
from audiofeat.transformers._extraction import extract_features

__all__ = ["FeatureBank"]


def _described(member) -> str:
    """What to call what is no extractor."""
    if isinstance(member, type):
        return f"the class {member.__name__}"
    return repr(member) if member is None or isinstance(member, str) else type(member).__name__


class FeatureBank(FlexibleOutputMixin, FeatureUnion):
    """Several feature extractors side by side.

    A `FeatureUnion` of this project's extractors that decodes each clip once and computes each spectrum once: members with
    the same frame parameters share it. Each member gives the values it gives alone.

    Parameters
    ----------
    transformer_list : list of (str, FeatureExtractor)
        The members by name, all pooled or all framewise; "drop" leaves one out, so that a grid can switch it off.
    n_jobs : int or None, default=None
        Number of threads, as in joblib; that of the members is not used. None means 1.
    transformer_weights : dict of str to float or None, default=None
        Factors for the features of members.
    verbose : bool, default=False
        Kept for `FeatureUnion`; there is nothing to say.
    verbose_feature_names_out : bool, default=False
        Whether columns are prefixed with the member's name and two underscores, for members of the same kind.

    Attributes
    ----------
    sample_rate_ : int
        Sample rate of the clips it was fitted on [Hz].
    transformers_ : list of (str, FeatureExtractor)
        The fitted members, without those that are dropped.

    Notes
    -----
    Pooled members give ``(n_clips, n_columns)``, in their order. Framewise ones are stacked along their rows,
    ``(n_clips, n_rows, n_frames)``, and must have the same number of frames.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import MFCC, Chroma, FeatureBank
    >>> bank = FeatureBank([("mfcc", MFCC(n_mfcc=13)), ("chroma", Chroma(pooling="mean"))])
    >>> bank.fit_transform(np.random.default_rng(0).standard_normal((2, 22050))).shape
    (2, 38)
    >>> bank.get_feature_names_out()[-1]
    'chroma_B_mean'
    """

    def __init__(
        self,
        transformer_list,
        *,
        n_jobs=None,
        transformer_weights=None,
        verbose=False,
        verbose_feature_names_out=False,
    ):
        super().__init__(
            transformer_list,
            n_jobs=n_jobs,
            transformer_weights=transformer_weights,
            verbose=verbose,
            verbose_feature_names_out=verbose_feature_names_out,
        )

    def fit(self, X, y=None):
        """Fit every member; nothing is decoded.

        Parameters
        ----------
        X : AudioBatch, array-like of shape (n_clips, n_samples), or list of 1-D arrays
            The clips.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted bank.

        Raises
        ------
        TypeError
            If a member is no extractor of this project.
        ValueError
            If pooled and framewise members are mixed, or a member refuses its parameters or the clips.
        """
        members = self._extractors()
        if not members:
            raise ValueError("FeatureBank got no member; expected at least one extractor that is not dropped.")
        others = [member for member in members if not isinstance(member, FeatureExtractor)]
        if others:
            strange = ", ".join(map(_described, others))
            raise TypeError(
                f"FeatureBank got {strange}; expected extractors such as MFCC() or Chroma(). "
                "Use scikit-learn's FeatureUnion to put other transformers beside them."
            )
        self._validate_transformers()
        self._validate_transformer_weights()
        if len({is_pooled(member) for member in members}) > 1:
            raise ValueError(
                "FeatureBank got pooled and framewise members. Give all of them pooling=None, or none of them."
            )
        # FeatureUnion fits its members in place; a clone leaves the parameters as they were given.
        self.transformers_ = [(n, clone(m).fit(X)) for n, m in self.transformer_list if m != "drop"]
        rates = {member.sample_rate_ for _, member in self.transformers_}
        if len(rates) > 1:
            raise ValueError(f"FeatureBank got members with sample_rate {sorted(rates)}; expected one. Leave it None.")
        self.sample_rate_ = rates.pop()
        return self

    def fit_transform(self, X, y=None):
        """Fit, and compute the features.

        Parameters
        ----------
        X : AudioBatch, array-like of shape (n_clips, n_samples), or list of 1-D arrays
            The clips.
        y : None
            Ignored.

        Returns
        -------
        ndarray of shape (n_clips, n_columns) or (n_clips, n_rows, n_frames)
            The features.
        """
        return self.fit(X).transform(X)

    def transform(self, X):
        """Compute the features of all members.

        Parameters
        ----------
        X : AudioBatch, array-like of shape (n_clips, n_samples), or list of 1-D arrays
            The clips.

        Returns
        -------
        ndarray of shape (n_clips, n_columns) or (n_clips, n_rows, n_frames)
            The features, member by member.

        Raises
        ------
        AudioInputError
            As for the members.
        ValueError
            If framewise members differ in their number of frames.
        """
        check_is_fitted(self)
        names, members = zip(*self.transformers_, strict=True)
        clips = as_clips(X, members[0], reset=False, by=type(self).__name__)
        plans = [m._plan(m._resolve_rate(clips, m.sample_rate_)) for m in members]
        features = extract_features(clips, plans, n_jobs=self.n_jobs, by=type(self).__name__)
        weights = self.transformer_weights or {}
        features = [
            f * np.asarray(weights[n], f.dtype) if n in weights else f for n, f in zip(names, features, strict=True)
        ]
        frames = {name: f.shape[2] for name, f in zip(names, features, strict=True) if f.ndim == 3}
        if len(set(frames.values())) > 1:
            raise ValueError(
                f"FeatureBank got members with different numbers of frames: {frames}. "
                "Give framewise members the same hop_length and center."
            )
        return with_labels(self, np.concatenate(features, axis=1), clips)

    def get_feature_names_out(self, input_features=None):
        """Name the columns of pooled output, or the rows of framewise output.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of shape (n_columns,) or (n_rows,)
            The members' names, in their order.

        Raises
        ------
        ValueError
            If two columns have one name; ``verbose_feature_names_out=True`` tells them apart.
        """
        check_is_fitted(self)
        parts = [(name, member.get_feature_names_out()) for name, member in self.transformers_]
        if self.verbose_feature_names_out:
            parts = [(name, [f"{name}__{column}" for column in columns]) for name, columns in parts]
        columns = np.concatenate([columns for _, columns in parts])
        names, counts = np.unique(columns.astype(str), return_counts=True)
        if (counts > 1).any():
            raise ValueError(
                f"FeatureBank has {int((counts > 1).sum())} columns whose name stands twice, such as "
                f"{str(names[counts > 1][0])!r}. Set verbose_feature_names_out=True to prefix them with their member."
            )
        return columns.astype(object)

    @property
    def n_features_in_(self):
        """Number of samples in a clip, if it was fitted on a 2-D array."""
        return self.transformers_[0][1].n_features_in_

    def __sklearn_is_fitted__(self):
        return hasattr(self, "sample_rate_")

    def _gives_table(self) -> bool:
        return all(is_pooled(member) for member in self._extractors())

    def _extractors(self) -> list:
        example = "(name, transformer) pairs, such as [('mfcc', MFCC()), ('chroma', Chroma())]"
        if not isinstance(self.transformer_list, (list, tuple)):
            raise TypeError(f"FeatureBank got {type(self.transformer_list).__name__}; expected a list of {example}.")
        for pair in self.transformer_list:
            if not (isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str)):
                what = repr(pair) if isinstance(pair, (str, list, tuple)) else type(pair).__name__
                raise TypeError(f"FeatureBank got {what} among its members; expected {example}.")
        return [member for _, member in self.transformer_list if member != "drop"]
