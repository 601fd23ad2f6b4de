from setuptools import find_packages, setup

setup(
    name="kitt_text",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"kitt_text": ["py.typed", "grammar.yaml", "data/*.txt"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/kitt_text"]),
        ("share/kitt_text", ["package.xml"]),
    ],
    install_requires=["setuptools", "PyYAML", "numpy", "sentencepiece", "wordfreq"],
    zip_safe=False,
    maintainer="The KITT developers",
    maintainer_email="maintainers@users.noreply.github.com",
    description="The words in three languages: the command grammar, language models, completion.",
    license="Apache-2.0",
    extras_require={"test": ["pytest", "hypothesis"]},
    entry_points={"console_scripts": ["completer_node = kitt_text.nodes.completer_node:main"]},
)
