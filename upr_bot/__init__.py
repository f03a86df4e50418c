"""UPR Guide: a curated chat guide through the UN's Universal Periodic Review."""

__version__ = "0.1.0"
