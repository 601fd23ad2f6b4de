"""The ground floor: topic contract, parameters, lifecycle node, diagnostics.

Importing the package, ``contract``, ``parameters``, ``health`` and ``geometry`` needs no ROS; ``node``, ``ports`` and
``convert`` do.
"""
