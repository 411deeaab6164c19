"""Which model the library searches with, and what happens when it is not there."""

import asyncio
import shutil
from pathlib import Path
from uuid import UUID

import pytest
import structlog

from mediatheque.embedding.config import EmbeddingConfig, with_absolute_folder
from mediatheque.embedding.errors import ModelError
from mediatheque.errors import ModelUnavailable
from mediatheque.library import Library
from mediatheque.library.configured_model import check_first_model, warn_if_model_differs
from mediatheque.library.search.embedding_models import (
    CACHE_SECONDS,
    EmbeddingModels,
)
from mediatheque.library.search.encoders import Encoders
from mediatheque.library.search.hybrid import Example
from mediatheque.model import Filter
from mediatheque.records.search import embedding_models as rows
from tests.embedding import onnx_pair
from tests.library.search.embedded_assets import RED, embedding_models, indexes, plain, query, take


def models_of(library: Library, spec: str) -> tuple[Encoders, EmbeddingModels]:
    """The encoders and models of another process over the library, configured for `spec`."""
    encoders = Encoders(EmbeddingConfig(model=spec))
    return encoders, EmbeddingModels(library.database, encoders)


async def test_concurrent_processes_insert_the_first_model_once(library: Library, clip: str, siglip: str) -> None:
    """By whoever is first; the others use it, whatever they are configured for."""
    others = [models_of(library, model)[1] for model in (clip, siglip) * 3]
    active = await asyncio.gather(*(each.active() for each in others))
    assert len({model.id for model in active}) == 1
    assert [one for _, one in await embedding_models(library)] == [True]
    assert await indexes(library) == 1


async def test_second_model_has_an_index_and_is_not_active(seeing: Library, siglip: str) -> None:
    first = await seeing.search.embedding_models.active()
    second = await seeing.search.embedding_models.add(siglip)
    assert await seeing.search.embedding_models.add(siglip) == second
    assert await seeing.search.embedding_models.list_all() == [first, second]
    assert await indexes(seeing) == 2


async def test_invalid_index_is_created_again(seeing: Library, siglip: str) -> None:
    await seeing.search.embedding_models.active()
    model = await seeing.search.embedding_models.add(siglip)
    await query(
        seeing,
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'embedding_vectors_2'::regclass",
    )
    await seeing.search.embedding_models.add(siglip)
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'embedding_vectors_2'::regclass"
    assert (model.id, await query(seeing, valid)) == (2, [{"indisvalid": True}])


async def test_processes_follow_a_switch_within_a_second(seeing: Library, siglip: str) -> None:
    first = await seeing.search.embedding_models.active()
    second = await seeing.search.embedding_models.add(siglip)
    async with seeing.database.transaction() as conn:
        await rows.activate(conn, second)
    await asyncio.sleep(CACHE_SECONDS)
    assert (await seeing.search.embedding_models.active()).id == second.id != first.id


async def test_replaced_model_folder_is_refused(library: Library, clip: str, tmp_path: Path) -> None:
    """Whoever has loaded the old one goes on with it."""
    folder = tmp_path / "model"
    shutil.copytree(clip.partition(":")[2], folder)
    encoders, models = models_of(library, f"onnx-clip:{folder}")
    later_encoders, _ = models_of(library, f"onnx-clip:{folder}")
    model = await models.active()
    await models.warm()
    shutil.rmtree(folder)
    folder.mkdir()
    onnx_pair.siglip_like(folder)
    with structlog.testing.capture_logs() as said, pytest.raises(ModelUnavailable) as refused:
        await later_encoders.encode_text(model, "red")
    assert str(folder) not in str(refused.value)
    assert "mediatheque reindex" in said[0]["reason"]
    assert await encoders.encode_text(model, "red")


async def test_restored_model_folder_is_used(library: Library, clip: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    encoders, models = models_of(library, f"onnx-clip:{folder}")
    for _ in range(2):
        with pytest.raises(ModelUnavailable):
            await models.active()
    shutil.copytree(clip.partition(":")[2], folder)
    model = await models.active()
    assert len(await encoders.encode_text(model, "red")) == model.dimensions


@pytest.mark.parametrize("broken", ["onnx/text_model.onnx", "tokenizer.json"])
async def test_damaged_model_is_unavailable(
    seeing: Library, workspace: UUID, clip: str, tmp_path: Path, broken: str
) -> None:
    model = await seeing.search.embedding_models.active()
    folder = tmp_path / "model"
    shutil.copytree(clip.partition(":")[2], folder)
    (folder / broken).write_bytes(b"damaged")
    await query(seeing, "UPDATE embedding_model SET spec = %s", f"onnx-clip:{folder}")
    other = Library(seeing.database, seeing.store, seeing.sandbox, EmbeddingConfig(model=clip))
    asset = await take(other, workspace, plain(RED))
    with pytest.raises(ModelUnavailable):
        await other.search.hybrid.find(workspace, Filter(), Example(text="red"), 10)
    assert (await other.catalog.assets.get(workspace, asset.id)).id == asset.id
    await other.search.embedding_models.warm()
    assert model.active


async def test_graph_that_fails_to_load_is_unavailable(library: Library, tmp_path: Path) -> None:
    folder = onnx_pair.clip_like(tmp_path)
    graph = folder / "onnx" / "text_model.onnx"
    content = graph.read_bytes()
    graph.write_bytes(content.replace(b"ReduceMean", b"ReduceXean"))
    encoders, models = models_of(library, f"onnx-clip:{folder}")
    model = await models.active()
    with pytest.raises(ModelUnavailable):
        await encoders.encode_text(model, "red")
    with pytest.raises(ModelError, match="cannot be loaded"):
        await models.add(f"onnx-clip:{folder}")


async def test_text_vectors_are_cached(seeing: Library) -> None:
    model = await seeing.search.embedding_models.active()
    assert await seeing.search.encoders.encode_text(model, "red") is await seeing.search.encoders.encode_text(
        model, "red"
    )


@pytest.mark.parametrize("model", ["", "basicly", "onnx-clip", "onnx-clip:", "BASIC"])
def test_invalid_model_spec(model: str) -> None:
    with pytest.raises(ValueError, match="onnx-clip"):
        EmbeddingConfig(model=model)


def test_model_folder_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert with_absolute_folder("onnx-clip:models/a") == f"onnx-clip:{tmp_path}/models/a"
    assert with_absolute_folder("basic") == "basic"


async def test_differing_configured_model_logs_a_warning(seeing: Library, clip: str, siglip: str) -> None:
    with structlog.testing.capture_logs() as said:
        await warn_if_model_differs(seeing.database, siglip)  # nothing is embedded yet
        await seeing.search.embedding_models.active()
        await warn_if_model_differs(seeing.database, clip)
    assert said == []
    with structlog.testing.capture_logs() as said:
        await warn_if_model_differs(seeing.database, siglip)
    (line,) = said
    assert "mediatheque reindex" in line["advice"]
    await seeing.search.embedding_models.add(siglip)
    with structlog.testing.capture_logs() as said:
        await warn_if_model_differs(seeing.database, clip)
    assert [line["event"] for line in said] == ["reindex_unfinished"]


async def test_first_model_is_tried_before_the_library_begins_with_it(
    library: Library, clip: str, tmp_path: Path
) -> None:
    """Once there is a model, a folder that is away stops nothing."""
    with pytest.raises(ModelError, match="There is no folder"):
        await check_first_model(library.database, f"onnx-clip:{tmp_path / 'away'}")
    await check_first_model(library.database, clip)
    await models_of(library, clip)[1].active()
    await check_first_model(library.database, f"onnx-clip:{tmp_path / 'away'}")


async def test_weights_that_do_not_load_are_found_out_at_the_start(library: Library, tmp_path: Path) -> None:
    """The form of the files is right, and an operator of theirs is unknown."""
    onnx_pair.clip_like(tmp_path)
    file = tmp_path / "onnx" / "vision_model.onnx"
    file.write_bytes(file.read_bytes().replace(b"GlobalAveragePool", b"GlobalAveragePoop"))
    with pytest.raises(ModelError, match="The model cannot be loaded: "):
        await check_first_model(library.database, f"onnx-clip:{tmp_path}")
