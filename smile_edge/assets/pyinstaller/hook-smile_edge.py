"""What PyInstaller cannot see: modules that lazy names load, the models, and the other data files."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

hiddenimports = collect_submodules("smile_edge")
datas = collect_data_files("smile_edge", excludes=["assets/pyinstaller"])
