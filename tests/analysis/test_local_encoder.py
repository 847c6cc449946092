"""A model of one's own, from a folder: its vectors, its languages, and a sentence where it cannot be used."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from analysis import Corpus, Response, discover
from analysis.exceptions import EncoderError
from analysis.local_encoder import LocalEncoder
from survey.exceptions import InvalidInputError
from survey.files import discover_files
from tests.analysis.tiny_model import DIM, write_model


def test_vector_is_the_mean_of_its_words_at_length_one(tmp_path: Path) -> None:
    encoder = LocalEncoder(write_model(tmp_path / "model"))

    found = encoder.encode(["ro frihet", "ordning", "ro frihet"])

    assert encoder.dim == DIM
    assert np.allclose(found, [[0.5**0.5, 0.5**0.5, 0], [1, 0, 0], [0.5**0.5, 0.5**0.5, 0]], atol=1e-6)


def test_a_model_that_reads_its_first_token_is_read_so(tmp_path: Path) -> None:
    encoder = LocalEncoder(write_model(tmp_path / "model", pooling="cls"))

    assert np.allclose(encoder.encode(["frihet ro"]), [[0, 1, 0]], atol=1e-6)


@pytest.mark.parametrize(
    ("card", "languages"),
    [
        ("---\nlanguage: sv\ntags:\n- x\n---\n# M", {"sv"}),
        ("---\nlanguage:\n- sv\n- de\nlicense: mit\n---\n", {"sv", "de"}),
        ("---\nlanguage: [sv, no]\n---\n", {"sv", "no"}),
        ("---\nlanguage:\n- multilingual\n- uk\n---\n", {"en", "sv", "de", "es", "pl", "multilingual", "uk"}),
        ("# No head", {"en", "sv", "de", "es", "pl"}),
    ],
)
def test_languages_stand_in_the_card(tmp_path: Path, card: str, languages: set[str]) -> None:
    assert LocalEncoder(write_model(tmp_path / "model", card=card)).languages == languages


def test_two_folders_with_the_same_model_have_one_name_and_another_model_another(tmp_path: Path) -> None:
    one, same = write_model(tmp_path / "one"), write_model(tmp_path / "same", card="# other words")
    other = write_model(tmp_path / "other", pooling="cls")

    assert LocalEncoder(one).hash == LocalEncoder(same).hash != LocalEncoder(other).hash


def test_it_can_be_sent_to_another_process(tmp_path: Path) -> None:
    encoder = pickle.loads(pickle.dumps(LocalEncoder(write_model(tmp_path / "model"))))

    assert encoder.encode(["ro"]).shape == (1, DIM)


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(EncoderError, match=r"There is no onnx/model\.onnx in empty"):
        LocalEncoder(tmp_path / "empty")

    broken = write_model(tmp_path / "broken")
    (broken / "onnx/model.onnx").write_bytes(b"no graph")
    with pytest.raises(EncoderError, match=r"cannot be read: the folder must hold tokenizer\.json"):
        LocalEncoder(broken)

    dense = write_model(tmp_path / "dense")
    (dense / "modules.json").write_text('[{"type": "sentence_transformers.models.Dense"}]')
    with pytest.raises(EncoderError, match="that Kindred cannot run"):
        LocalEncoder(dense)


def test_the_command_refuses_a_folder_without_a_model_and_writes_nothing(tmp_path: Path) -> None:
    responses = tmp_path / "responses.csv"
    responses.write_text("id,self,stay\n1,a,b\n")

    with pytest.raises(InvalidInputError, match="--encoder: There is no"):
        discover_files(responses, tmp_path / "report.json", encoder=tmp_path)
    assert not (tmp_path / "report.json").exists()


def test_answers_in_a_language_of_the_model_are_findings(tmp_path: Path) -> None:
    """Two kinds of people, a hundred in all, told apart by the model of the folder alone."""
    encoder = LocalEncoder(write_model(tmp_path / "model", card="---\nlanguage: sv\n---\n"))
    responses = tuple(
        Response(
            str(n),
            {
                "self": f"Jag är en som gillar {word} och det är jag glad för, säger nummer {n}.",
                "stay": f"Det som håller mig kvar här är {word} och inget annat, i rum {n % 9}.",
            },
        )
        for n in range(100)
        for word in [("ordning", "frihet")[n % 2]]
    )

    report = discover(Corpus(responses, ("self", "stay")), encoder=encoder)

    assert (report.language, report.exploratory, report.notes, report.refusal) == ("sv", False, (), None)
    assert [persona.size for persona in report.personas] == [50, 50]
    assert {int(one.id) % 2 for one in report.assignments if one.persona == "p1"} in ({0}, {1})
