from setuptools import find_packages, setup

setup(
    name="kitt_core",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"kitt_core": ["py.typed", "loopback.xml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/kitt_core"]),
        ("share/kitt_core", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="The KITT developers",
    maintainer_email="maintainers@users.noreply.github.com",
    description="The ground floor: topic contract, parameters, lifecycle node, diagnostics, clocks.",
    license="Apache-2.0",
    extras_require={"test": ["pytest"]},
    entry_points={"console_scripts": []},
)
