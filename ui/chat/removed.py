"""Articles removed on the page, kept whole for a while so that they can be put back."""

from __future__ import annotations

from collections import OrderedDict
from weakref import WeakKeyDictionary

from seeds.article import Article
from ui.service import Service

MOST = 20


class Removed:
    """The last `MOST` articles that were removed, as long as the server runs: reloading the page loses none."""

    def __init__(self) -> None:
        self._articles: OrderedDict[str, Article] = OrderedDict()

    def put(self, article: Article) -> None:
        self._articles[article.id] = article
        self._articles.move_to_end(article.id)
        if len(self._articles) > MOST:
            self._articles.popitem(last=False)

    def get(self, article_id: str) -> Article | None:
        return self._articles.get(article_id)

    def drop(self, article_id: str) -> None:
        """Forget it: it is back."""
        self._articles.pop(article_id, None)

    def all(self) -> list[Article]:
        """The last removed first."""
        return list(reversed(self._articles.values()))


_OF: WeakKeyDictionary[Service, Removed] = WeakKeyDictionary()


def removed_of(service: Service) -> Removed:
    """What was removed of a service's collection, the same for every page of it."""
    return _OF.setdefault(service, Removed())
