"""Search by words and by examples, near duplicates, and the embeddings they rest on."""

from mediatheque.blobs import BlobStore
from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.library.search.embedding_models import EmbeddingModels
from mediatheque.library.search.embeddings import Embeddings
from mediatheque.library.search.encoders import Encoders
from mediatheque.library.search.examples import ExampleVectors
from mediatheque.library.search.facets import FacetCounts
from mediatheque.library.search.hybrid import Search
from mediatheque.library.search.reindex import Reindex
from mediatheque.library.search.similar import SimilarAssets
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.records.database import Database


class SearchServices:
    """Search, and the embeddings it rests on, over one database, one store and one sandbox."""

    def __init__(self, database: Database, store: BlobStore, sandbox: Sandbox, config: EmbeddingConfig) -> None:
        self.encoders = Encoders(config)
        self.embedding_models = EmbeddingModels(database, self.encoders)
        self.embeddings = Embeddings(database, store, sandbox, self.encoders, self.embedding_models)
        examples = ExampleVectors(database, self.encoders, self.embeddings)
        self.facets = FacetCounts(database)
        self.hybrid = Search(database, self.encoders, self.embedding_models, examples)
        self.reindex = Reindex(database, self.embedding_models, self.embeddings)
        self.similar = SimilarAssets(database, self.encoders, self.embedding_models)
