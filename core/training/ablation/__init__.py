"""The paper's ablation (its Table 2) on open data: features, runs, training, scores and tables. Development only."""
