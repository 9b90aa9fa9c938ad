// The library's functions for Python: arguments in, dictionaries out. Classes, errors and defaults are those of the
// package git_mlem, which is around this.

#include "mlem/mlem.hpp"

#include <chrono>
#include <future>
#include <optional>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace py = pybind11;

namespace {

/// Of the state that a pickle has, which another version may have otherwise.
constexpr int pickle_version = 1;

/// Names are bytes to Git: those that are not UTF-8 are what os.fsdecode() makes of them.
py::str decode(const std::string& text) {
  PyObject* const decoded = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape");
  if (decoded == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(decoded);
}

py::tuple decode(const std::vector<std::string>& texts) {
  py::tuple decoded(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) decoded[i] = decode(texts[i]);
  return decoded;
}

/// A tuple of what `describe` makes of each value.
template <typename Value, typename Describe>
py::tuple tuple_of(const std::vector<Value>& values, const Describe& describe) {
  py::tuple described(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) described[i] = describe(values[i]);
  return described;
}

py::dict describe(const mlem::Finding& finding) {
  py::dict told;
  told["link"] = decode(finding.link);
  told["verdict"] = decode(finding.verdict);
  told["message"] = decode(finding.message);
  told["hint"] = decode(finding.hint);
  told["warnings"] = decode(finding.warnings);
  told["object_type"] = decode(finding.object_type);
  told["repo"] = decode(finding.repo);
  told["rev"] = decode(finding.rev);
  told["ref"] = decode(finding.ref);
  told["commit"] = decode(finding.commit);
  told["path"] = decode(finding.path);
  told["blob"] = decode(finding.blob);
  told["hops"] = tuple_of(finding.hops, [](const mlem::Hop& hop) {
    py::dict step;
    step["repo"] = decode(hop.repo);
    step["rev"] = decode(hop.rev);
    step["commit"] = decode(hop.commit);
    step["path"] = decode(hop.path);
    return step;
  });
  told["artifacts"] = tuple_of(finding.artifacts, [](const mlem::Artifact& artifact) {
    py::dict file;
    file["name"] = decode(artifact.name);
    file["path"] = decode(artifact.path);
    file["size"] = artifact.size;
    file["hash"] = decode(artifact.hash);
    file["state"] = decode(artifact.state);
    return file;
  });
  return told;
}

py::dict describe(const mlem::Method& method) {
  py::dict told;
  told["name"] = decode(method.name);
  told["arguments"] = tuple_of(method.arguments, [](const mlem::Argument& argument) {
    py::dict taken;
    taken["name"] = decode(argument.name);
    taken["type"] = decode(argument.type);
    taken["required"] = argument.required;
    taken["default"] = decode(argument.default_value);
    taken["keyword_only"] = argument.keyword_only;
    return taken;
  });
  told["returns"] = decode(method.returns);
  told["signature"] = decode(method.signature);
  return told;
}

py::dict describe(const mlem::Description& description) {
  py::dict told;
  told["format"] = decode(description.format);
  told["data"] = decode(description.data);
  told["methods"] = tuple_of(description.methods, [](const mlem::Method& method) { return describe(method); });
  told["requirements"] = tuple_of(description.requirements, [](const mlem::Requirement& requirement) {
    py::dict needed;
    needed["kind"] = decode(requirement.kind);
    needed["name"] = decode(requirement.name);
    needed["version"] = decode(requirement.version);
    needed["origin"] = decode(requirement.origin);
    return needed;
  });
  told["files"] = tuple_of(description.files, [](const mlem::DeclaredFile& declared) {
    py::dict file;
    file["name"] = decode(declared.name);
    file["uri"] = decode(declared.uri);
    file["hash"] = decode(declared.hash);
    file["size"] = decode(declared.size);
    file["type"] = decode(declared.type);
    return file;
  });
  return told;
}

/// Raises the Python exception `_core.Error`, which the package makes one of its own of.
[[noreturn]] void raise(const mlem::Error& error) {
  py::dict told;
  told["what"] = decode(error.what_failed());
  told["why"] = decode(error.why());
  told["verdict"] = decode(error.verdict());
  told["hint"] = decode(error.hint());
  told["finding"] = error.finding() ? py::object(describe(*error.finding())) : py::object(py::none());
  told["undecided"] = error.is_undecided();
  PyErr_SetObject(py::module_::import("git_mlem._core").attr("Error").ptr(), told.ptr());
  throw py::error_already_set();
}

/// A Python exception that waits to be raised.
struct Pending {
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;

  bool is_set() const noexcept { return type != nullptr; }
  /// Calls the handlers of the signals that came meanwhile, and takes what one raises, such as KeyboardInterrupt.
  void take_from_signals() {
    const py::gil_scoped_acquire held;
    if (PyErr_CheckSignals() != 0) PyErr_Fetch(&type, &value, &traceback);
  }
};

/// Whether this is the thread whose signals Python has handlers for.
bool is_main_thread() {
  const py::object main = py::module_::import("threading").attr("main_thread")();
  return main.attr("ident").cast<unsigned long>() == PyThread_get_thread_ident();
}

/// Does `work` while other Python threads run, and handlers of signals in the main one: what those raise ends the work.
/// They run in this thread only, which therefore waits for another one.
template <typename Work>
auto run_meanwhile(const Work& work) {
  constexpr std::chrono::milliseconds look(20);
  const bool has_signals = is_main_thread();
  mlem::Cancel cancel;
  Pending pending;
  std::packaged_task<decltype(work(&cancel))()> task([&] { return work(&cancel); });
  auto result = task.get_future();
  // Not as a guard: of a thread that a daemon has when Python ends, this never returns, which no destructor may do.
  PyThreadState* const state = PyEval_SaveThread();
  std::thread worker(std::move(task));
  while (has_signals && result.wait_for(look) != std::future_status::ready) {
    if (pending.is_set()) continue;
    pending.take_from_signals();
    if (pending.is_set()) cancel.request();
  }
  worker.join();
  PyEval_RestoreThread(state);
  if (pending.is_set()) {
    PyErr_Restore(pending.type, pending.value, pending.traceback);
    throw py::error_already_set();
  }
  return result.get();
}

/// The same with the library's errors as Python's.
template <typename Work>
auto run(const Work& work) {
  try {
    return run_meanwhile(work);
  } catch (const mlem::Error& error) {
    raise(error);
  }
}

mlem::LoadOptions load_options(const std::string& project, const std::string& rev, bool follow_links,
                               const std::string& directory, mlem::Cancel* cancel) {
  return {.project = project, .rev = rev, .follow_links = follow_links, .directory = directory, .cancel = cancel};
}

mlem::Object load_meta(const std::string& path, const std::string& project, const std::string& rev, bool follow_links,
                       const std::string& directory) {
  return run([&](mlem::Cancel* cancel) {
    return mlem::load_meta(path, load_options(project, rev, follow_links, directory, cancel));
  });
}

py::dict resolve(const std::string& path, const std::string& project, const std::string& rev, bool follow_links,
                 const std::string& directory) {
  return describe(run([&](mlem::Cancel* cancel) {
    return mlem::resolve(path, load_options(project, rev, follow_links, directory, cancel));
  }));
}

mlem::LinkOptions link_options(const py::kwargs& given) {
  const auto text = [&](const char* name) { return given[name].cast<std::string>(); };
  const auto flag = [&](const char* name) { return given[name].cast<bool>(); };
  return {.source_project = text("source_project"),
          .rev = text("rev"),
          .target = text("target"),
          .target_project = text("target_project"),
          .follow_links = flag("follow_links"),
          .absolute = flag("absolute"),
          .pin = flag("pin"),
          .plain = flag("plain"),
          .type = text("type"),
          .force = flag("force"),
          .stage = flag("stage"),
          .directory = text("directory")};
}

mlem::Link make_link(const std::string& source, const py::kwargs& given) {
  mlem::LinkOptions options = link_options(given);
  return run([&](mlem::Cancel* cancel) {
    options.cancel = cancel;
    return mlem::link(source, options);
  });
}

py::tuple check(const std::vector<std::string>& paths, const std::string& rev, const std::string& deep,
                const std::string& signed_by, bool offline, const std::string& directory) {
  return tuple_of(run([&](mlem::Cancel* cancel) {
                    return mlem::check({.rev = rev,
                                        .paths = paths,
                                        .offline = offline,
                                        .deep = deep,
                                        .signed_by = signed_by,
                                        .directory = directory,
                                        .cancel = cancel});
                  }),
                  [](const mlem::Finding& finding) { return describe(finding); });
}

py::tuple clone_object(const std::string& path, const std::string& target, const py::kwargs& given) {
  mlem::CloneOptions options{.project = given["project"].cast<std::string>(),
                             .rev = given["rev"].cast<std::string>(),
                             .target_project = given["target_project"].cast<std::string>(),
                             .plain = given["plain"].cast<bool>(),
                             .only = given["only"].cast<std::vector<std::string>>(),
                             .hf_cache = given["hf_cache"].cast<bool>(),
                             .force = given["force"].cast<bool>(),
                             .dry_run = given["dry_run"].cast<bool>(),
                             .directory = given["directory"].cast<std::string>()};
  return tuple_of(run([&](mlem::Cancel* cancel) {
                    options.cancel = cancel;
                    return mlem::clone(path, target, options);
                  }),
                  [](const mlem::ClonedFile& cloned) {
                    py::dict file;
                    file["file"] = decode(cloned.file);
                    file["size"] = cloned.size;
                    file["hash"] = decode(cloned.hash);
                    file["action"] = decode(cloned.action);
                    return file;
                  });
}

// What a pickle has of an object and a link: bytes, for so names are, and a version in front.

py::tuple pickled(const mlem::LoadOptions& options) {
  return py::make_tuple(py::bytes(options.project), py::bytes(options.rev), options.follow_links,
                        py::bytes(options.directory));
}

py::tuple pickled(const mlem::Object::State& state) {
  return py::make_tuple(pickle_version, py::bytes(state.object_type), py::bytes(state.repo), py::bytes(state.commit),
                        py::bytes(state.path), py::bytes(state.text), py::bytes(state.asked_path),
                        pickled(state.asked));
}

py::tuple pickled(const mlem::Link::State& state) {
  return py::make_tuple(pickle_version, py::bytes(state.link_type), py::bytes(state.path), py::bytes(state.repo),
                        py::bytes(state.rev), py::bytes(state.file), py::bytes(state.text), py::bytes(state.directory),
                        py::bytes(state.loaded_path), pickled(state.loaded_from));
}

std::string text_at(const py::tuple& state, std::size_t number) { return state[number].cast<std::string>(); }

void require_pickle_of(const py::tuple& state, std::size_t size) {
  if (state.size() != size || state[0].cast<int>() != pickle_version)
    throw py::value_error("the pickle is of another version of git_mlem");
}

mlem::LoadOptions unpickled_options(const py::tuple& state) {
  return {.project = text_at(state, 0),
          .rev = text_at(state, 1),
          .follow_links = state[2].cast<bool>(),
          .directory = text_at(state, 3)};
}

mlem::Object::State unpickled_object(const py::tuple& state) {
  require_pickle_of(state, 8);
  return {text_at(state, 1), text_at(state, 2), text_at(state, 3),          text_at(state, 4),
          text_at(state, 5), text_at(state, 6), unpickled_options(state[7])};
}

mlem::Link::State unpickled_link(const py::tuple& state) {
  require_pickle_of(state, 10);
  return {text_at(state, 1), text_at(state, 2), text_at(state, 3), text_at(state, 4),          text_at(state, 5),
          text_at(state, 6), text_at(state, 7), text_at(state, 8), unpickled_options(state[9])};
}

py::dict description_of(const mlem::Object& object) {
  return describe(run([&](mlem::Cancel*) { return object.description(); }));
}

}  // namespace

PYBIND11_MODULE(_core, module) {
  module.attr("Error") =
      py::reinterpret_steal<py::object>(PyErr_NewException("git_mlem._core.Error", nullptr, nullptr));
  module.attr("version") = GIT_MLEM_VERSION;

  py::class_<mlem::Object>(module, "Object")
      .def_property_readonly("object_type", [](const mlem::Object& object) { return decode(object.object_type()); })
      .def_property_readonly("repo", [](const mlem::Object& object) { return decode(object.repo()); })
      .def_property_readonly("commit", [](const mlem::Object& object) { return decode(object.commit()); })
      .def_property_readonly("path", [](const mlem::Object& object) { return decode(object.path()); })
      .def_property_readonly("text", [](const mlem::Object& object) { return decode(object.text()); })
      .def("json",
           [](const mlem::Object& object) {
             return decode(run([&](mlem::Cancel*) { return object.json(mlem::Numbers::any); }));
           })
      .def(py::pickle([](const mlem::Object& object) { return pickled(object.state()); },
                      [](const py::tuple& state) { return mlem::Object(unpickled_object(state)); }))
      .def("description", &description_of)
      .def("link", [](const mlem::Object& object) { return run([&](mlem::Cancel*) { return object.link(); }); })
      .def("make_link", [](const mlem::Object& object, const py::kwargs& given) {
        mlem::LinkOptions options = link_options(given);
        return run([&](mlem::Cancel* cancel) {
          options.cancel = cancel;
          return object.make_link(options.target, options);
        });
      });
  py::class_<mlem::Link>(module, "Link")
      .def_property_readonly("link_type", [](const mlem::Link& link) { return decode(link.link_type()); })
      .def_property_readonly("path", [](const mlem::Link& link) { return decode(link.path()); })
      .def_property_readonly("repo", [](const mlem::Link& link) { return decode(link.repo()); })
      .def_property_readonly("rev", [](const mlem::Link& link) { return decode(link.rev()); })
      .def_property_readonly("file", [](const mlem::Link& link) { return decode(link.file()); })
      .def("load_link",
           [](const mlem::Link& link) { return run([&](mlem::Cancel* cancel) { return link.load_link(cancel); }); })
      .def(py::pickle([](const mlem::Link& link) { return pickled(link.state()); },
                      [](const py::tuple& state) { return mlem::Link(unpickled_link(state)); }));

  module.def("is_undecided", &mlem::is_undecided);
  module.def("load_meta", &load_meta);
  module.def("resolve", &resolve);
  module.def("link", &make_link);
  module.def("check", &check);
  module.def("clone", &clone_object);
}
