from sklearn.utils.estimator_checks import parametrize_with_checks

from audiofeat.neural import CNNClassifier

# Small, and without augmentation, which would blur the few clean points of the checks.
_TINY = CNNClassifier(
    filters=(8,), dropout=0.0, augmentation=None, epochs=8, batch_size=64, learning_rate=0.05, random_state=0
)


def _expected_failures(estimator):
    return {
        "check_sample_weight_equivalence_on_dense_data": (
            "clips are drawn in batches, and a repeated clip is drawn twice where a weight of two is drawn once"
        )
    }


@parametrize_with_checks([_TINY], expected_failed_checks=_expected_failures)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
