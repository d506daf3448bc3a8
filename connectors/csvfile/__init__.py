"""CSV files: the exports of Shopify and of WooCommerce's exporters, and any other by a mapping of its columns."""

from connectors.csvfile.mapping import WORDS, parse_mapping
from connectors.csvfile.source import CsvSource

__all__ = ["WORDS", "CsvSource", "parse_mapping"]
