"""
Which features, which model?
============================

Every feature set meets every model in one grid search over identical splits, and the winner is a pipeline that takes
recordings. Here on synthetic calls of cats and dogs, so that it runs anywhere in seconds; with your own recordings the
first line is ``calls = datasets.load_folder("recordings/")``.
"""

from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from audiofeat import MFCC, AudioLoader, Chroma, FeatureBank, MelSpectrogram, compare_features, datasets

calls = datasets.make_animal_calls(160, random_state=0)
features = {"mel": MelSpectrogram(n_mels=64), "mfcc": MFCC(), "chroma": Chroma()}
features["all three"] = FeatureBank(list(features.items()))
models = {
    "svm": make_pipeline(StandardScaler(), SVC()),
    "forest": RandomForestClassifier(random_state=0),
}
comparison = compare_features(
    features,
    models,
    calls.data,
    calls.target,
    loader=AudioLoader(sample_rate=16000),
    groups=calls.groups,
    random_state=0,
)
comparison.table[["features", "model", "mean", "std", "fit_time"]].round(2)

# %%
# ``groups`` keeps the calls of one animal on one side of every split. The score of each fold shows how much of a
# difference is chance, and the last two rows what a model scores that has learned nothing:

from audiofeat import ComparisonDisplay

ComparisonDisplay.from_comparison(comparison)

# %%
# In words, with the tests of the differences:

print(comparison.summary())

# %%
# The winner is fitted on all clips, and classifies recordings in any form the loader takes:

new = datasets.make_animal_calls(6, random_state=1)
print(comparison.best_estimator)
print(comparison.best_estimator.predict(new.data), "is what it hears in", new.target)
