"""
What does the model listen to?
==============================

A good score may come from the wrong thing: the hum of one recorder, the silence after a call. These pictures show what a
fitted pipeline confuses, how its features lay the clips apart, and which parts of a clip it listens to.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from audiofeat import (
    MFCC,
    AudioLoader,
    ClassScoresDisplay,
    ConfusionDisplay,
    EmbeddingDisplay,
    OcclusionDisplay,
    datasets,
)

calls = datasets.make_animal_calls(160, random_state=0)
new = datasets.make_animal_calls(60, random_state=1)
pipeline = make_pipeline(AudioLoader(sample_rate=16000), MFCC(), StandardScaler(), LogisticRegression(max_iter=1000))
pipeline.fit(calls.data, calls.target)
predicted = pipeline.predict(new.data)

figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
ConfusionDisplay.from_predictions(new.target, predicted, ax=axes[0])
ClassScoresDisplay.from_predictions(new.target, predicted, ax=axes[1])

# %%
# The last step sees forty numbers a clip. In the plane that shows most of how they vary:

EmbeddingDisplay.from_estimator(pipeline, new.data, new.target)

# %%
# Which part of a clip speaks for the class? Each tile is made inaudible in turn, and the pipeline is asked again. Red is
# where it heard something that speaks for the class, blue what speaks against it. The same works for a CNN, as the samples
# are changed and not the features. Here are a clip that it is sure of, and
# the one that it is least sure of:

confidence = pipeline.predict_proba(new.data).max(axis=1)
figure, axes = plt.subplots(2, 1, figsize=(7, 6.5), layout="constrained")
for ax, clip in zip(axes, (np.argmax(confidence), np.argmin(confidence)), strict=True):
    OcclusionDisplay.from_estimator(pipeline, new.data[clip], ax=ax)
    ax.set_title(f"A {new.target[clip]}. {ax.get_title()}")
