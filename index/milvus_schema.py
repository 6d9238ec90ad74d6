"""The two collections of a store on Milvus: their fields, indexes and search parameters.

`articles` has a row an article, which is what makes it stored, and the row `milvus_rows.STATE`; `chunks` a row a chunk
of each version of an article. Every collection of Milvus needs a vector: that of `articles` is the mean of its chunks'.
"""

from __future__ import annotations

from typing import Any, Literal

from pymilvus import CollectionSchema, DataType, MilvusClient
from pymilvus.milvus_client.index import IndexParams

from index.milvus_rows import ARRAY

Index = Literal["auto", "FLAT", "HNSW", "HNSW_SQ", "DISKANN"]
"""Of the chunk vectors. `auto` is FLAT (exact) in a file of Milvus Lite and HNSW on a server."""

LIMIT = 16_384
"""Most rows that Milvus gives to one search or query."""
SPARSE_SEARCH: dict[str, Any] = {"metric_type": "IP", "params": {"drop_ratio_search": 0.0}}
_STRING = 65_535
_BUILD: dict[str, dict[str, Any]] = {
    "FLAT": {},
    "HNSW": {"M": 16, "efConstruction": 200},
    "HNSW_SQ": {"M": 16, "efConstruction": 200, "sq_type": "SQ8"},
    "DISKANN": {},
}
_FILTERED = ("publisher", "earliest", "latest")


def articles(dimension: int) -> CollectionSchema:
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=_STRING)
    for field in ("version", "content_hash", "language"):
        schema.add_field(field, DataType.VARCHAR, max_length=_STRING)
    schema.add_field("named", DataType.BOOL)
    for field in ("bucket", "chunks", "terms"):
        schema.add_field(field, DataType.INT64)
    _filtered(schema)
    _large(schema, "about", "text", "names")
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    return schema


def chunks(dimension: int) -> CollectionSchema:
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=_STRING)
    for field in ("chunk", "article", "version"):
        schema.add_field(field, DataType.VARCHAR, max_length=_STRING)
    _filtered(schema)
    schema.add_field(
        "vocabulary", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=ARRAY, max_length=_STRING
    )
    _large(schema, "record", "terms", "sentence_vectors", "words")
    schema.add_field("dense", DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    return schema


def article_indexes(*, lite: bool) -> IndexParams:
    indexes = IndexParams()
    indexes.add_index("vector", index_type="FLAT", metric_type="IP")
    for field in (*_FILTERED, "bucket"):
        indexes.add_index(field, index_type="INVERTED")
    if not lite:
        indexes.add_index("named", index_type="INVERTED")
    return indexes


def chunk_indexes(index: Index, *, lite: bool) -> IndexParams:
    """Milvus Lite has no index over arrays and scans them."""
    indexes = IndexParams()
    kind = chosen(index, lite=lite)
    indexes.add_index("dense", index_name="dense", index_type=kind, metric_type="IP", params=_BUILD[kind])
    indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    for field in (*_FILTERED, "chunk", "article"):
        indexes.add_index(field, index_type="INVERTED")
    if not lite:
        indexes.add_index("vocabulary", index_type="INVERTED")
    return indexes


def chosen(index: Index, *, lite: bool) -> str:
    if index != "auto":
        return index
    return "FLAT" if lite else "HNSW"


def dense_search(kind: str, k: int) -> dict[str, Any]:
    """How widely the vector index looks for the k best: twice as many as asked for, 64 at least."""
    wide = max(2 * k, 64)
    own = {"HNSW": {"ef": wide}, "HNSW_SQ": {"ef": wide}, "DISKANN": {"search_list": wide}}.get(kind, {})
    return {"metric_type": "IP", "params": own}


def _filtered(schema: CollectionSchema) -> None:
    schema.add_field("publisher", DataType.VARCHAR, max_length=_STRING, nullable=True)
    schema.add_field("earliest", DataType.INT64)
    schema.add_field("latest", DataType.INT64)


def _large(schema: CollectionSchema, *fields: str) -> None:
    """Pages: read for the few rows that are shown, so that they are mapped from disk, not held in memory."""
    for field in fields:
        schema.add_field(
            field,
            DataType.ARRAY,
            element_type=DataType.VARCHAR,
            max_capacity=ARRAY,
            max_length=_STRING,
            mmap_enabled=True,
        )
