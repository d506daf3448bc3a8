"""CSV files: the exports of Shopify and of WooCommerce's exporters, and any other by a mapping of its columns."""

from connectors.csvfile.mapping import WORDS, parse_mapping
from connectors.csvfile.recognition import Recognition, recognised
from connectors.csvfile.source import CsvSource

__all__ = ["WORDS", "CsvSource", "Recognition", "parse_mapping", "recognised"]
