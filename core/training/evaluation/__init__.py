"""The evaluator: metrics, published protocols, occlusions, breakdowns, tables and figures. Development only."""
