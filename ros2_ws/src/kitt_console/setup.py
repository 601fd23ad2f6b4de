from setuptools import find_packages, setup

setup(
    name="kitt_console",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"kitt_console": ["py.typed", "page/*"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/kitt_console"]),
        ("share/kitt_console", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The KITT developers",
    maintainer_email="maintainers@users.noreply.github.com",
    description="The web console: watch and command the car from a phone or a laptop.",
    license="Apache-2.0",
    extras_require={"test": ["pytest"]},
    entry_points={"console_scripts": ["console_node = kitt_console.nodes.console_node:main"]},
)
