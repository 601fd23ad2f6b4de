"""The ground floor: topic contract, parameters, lifecycle node, diagnostics, clocks."""
