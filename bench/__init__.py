"""`make bench`: what the guide costs, side by side with its peers in the same run. Figures go to docs/performance.md."""
