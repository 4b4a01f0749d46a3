"""A classifier of the rows' words, trained as answers come in: a proxy where no cheap judge is at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_FOLDS = 5
_MOST_FEATURES = 50_000


class TextProxy:
    """Scores texts by how likely they get a yes: TF-IDF of words under a logistic regression.

    A row that was answered is scored by a model that didn't learn from it (cross-fitting), so that its score is as good
    as that of a row without an answer, and no better.

    Args:
        texts: of all rows.
        words: what is asked of them. Until answers of both kinds are there, texts score by the words they share.
    """

    def __init__(self, texts: Sequence[str], words: str) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(sublinear_tf=True, max_features=_MOST_FEATURES)
        self._count = len(texts)
        try:
            self._features = vectorizer.fit_transform([*texts, words])
        except ValueError:
            # No text holds a word.
            self._features = None

    def scores(self, answers: Mapping[int, bool]) -> list[float]:
        """A score for each text, the higher the likelier a yes.

        Args:
            answers: by index of the text.
        """
        if self._features is None:
            return [0.0] * self._count
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import cross_val_predict

        texts, words = self._features[:-1], self._features[-1]
        rows, wanted = list(answers), list(answers.values())
        rarer = min(wanted.count(True), wanted.count(False))
        if rarer < 2:  # noqa: PLR2004 - one for each of two folds
            return [float(score) for score in (texts @ words.T).toarray().ravel()]
        model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=200)
        found = model.fit(texts[rows], wanted).decision_function(texts)
        folds = min(_FOLDS, rarer)
        found[rows] = cross_val_predict(model, texts[rows], wanted, cv=folds, method="decision_function")
        return [float(score) for score in found]
