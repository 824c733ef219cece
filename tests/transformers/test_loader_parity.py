"""AudioLoader against `librosa.load`, bit for bit, over real recordings in every format."""

import numpy as np
import pytest

from audiofeat import AudioLoader

librosa = pytest.importorskip("librosa")
# Modules of the standard library that audioread, which librosa.load asks for other decoders, imports.
pytestmark = pytest.mark.filterwarnings("ignore:'(aifc|audioop|sunau)' is deprecated:DeprecationWarning")

FILES = [
    "references/librosa/test1_22050.wav",  # stereo
    "references/librosa/test1_22050.mp3",  # stereo
    "references/librosa/test1_44100.wav",  # stereo
    "references/librosa/test2_8000.wav",  # mono
    "references/librosa/test_audio.flac",  # stereo
    "references/librosa/test_audio.ogg",  # stereo
    "fsdd/recordings/3_nicolas_7.wav",  # mono
    "cats_dogs/wav/cat_7.wav",  # mono
]


@pytest.mark.parametrize("sample_rate", [None, 22050, 16000, 11025])
@pytest.mark.parametrize("file", FILES)
def test_whole_recordings(data_folder, file, sample_rate):
    path = data_folder / file
    expected, rate = librosa.load(path, sr=sample_rate)
    batch = AudioLoader(sample_rate=sample_rate).fit_transform([path])
    assert batch.sample_rate == rate
    np.testing.assert_array_equal(batch[0], expected)


@pytest.mark.parametrize(
    ("offset", "duration"), [(0.1, None), (0.0, 0.5), (0.3, 0.7), (0.123, 0.456), (0.25, 1.0), (1.1, 2.2), (0.4, 60.0)]
)
@pytest.mark.parametrize("file", FILES[:6])
def test_parts_of_recordings(data_folder, file, offset, duration):
    path = data_folder / file
    for sample_rate in (None, 16000):
        expected, rate = librosa.load(path, sr=sample_rate, offset=offset, duration=duration)
        batch = AudioLoader(sample_rate=sample_rate, offset=offset, duration=duration).fit_transform([path])
        np.testing.assert_array_equal(batch.valid(0), expected)
        if duration is not None:
            assert len(batch[0]) == round(duration * rate)
