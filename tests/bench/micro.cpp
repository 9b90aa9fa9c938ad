// Micro-benchmarks of what is done once for each link: reading it, writing it, finding an object's type, resolving.
#include "resolve/resolver.hpp"
#include "yaml/metafile.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace {

using namespace mlem;

const std::string canonical =
    "link_type: model\nobject_type: link\npath: models/rf.mlem\n"
    "repo: https://github.com/iterative/example-mlem-get-started/\nrev: main\n";
const std::string commented = "# the model of the example\n" + canonical;

/// A metafile of about two kilobytes, as MLEM writes them.
std::string object() {
  std::string text =
      "artifacts:\n  data:\n    hash: 0123456789abcdef0123456789abcdef\n    size: 1000\n    uri: rf\nmodel_type:\n";
  text += "  columns:\n";
  for (int i = 0; i < 40; ++i) text += "  - name: column_" + std::to_string(i) + "\n    dtype: float64\n";
  return text + "object_type: model\nrequirements:\n- module: sklearn\n  version: 1.0.2\n";
}

void read_canonical_link(benchmark::State& state) {
  while (state.KeepRunning()) benchmark::DoNotOptimize(yaml::read_metafile(canonical));
}
BENCHMARK(read_canonical_link);

void read_other_link(benchmark::State& state) {
  while (state.KeepRunning()) benchmark::DoNotOptimize(yaml::read_metafile(commented));
}
BENCHMARK(read_other_link);

void write_link(benchmark::State& state) {
  const Link link = yaml::read_metafile(canonical).link;
  while (state.KeepRunning()) benchmark::DoNotOptimize(yaml::write_link(link));
}
BENCHMARK(write_link);

void read_object(benchmark::State& state) {
  const std::string text = object();
  while (state.KeepRunning()) benchmark::DoNotOptimize(yaml::read_metafile(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(read_object);

void parse_object(benchmark::State& state) {
  const std::string text = object();
  while (state.KeepRunning()) benchmark::DoNotOptimize(yaml::parse_metafile(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(parse_object);

void source_from_link(benchmark::State& state) {
  const Link link = yaml::read_metafile(canonical).link;
  while (state.KeepRunning()) benchmark::DoNotOptimize(Source::from_link(link));
}
BENCHMARK(source_from_link);

/// A link of the repository that this is run in to its own object `object.mlem`: set up and resolved each time.
void resolve_alias(benchmark::State& state) {
  const git::Registry registry = git::Registry::discover(Environment::of_this_process());
  const source::Settings settings = source::load_settings(registry);
  const auto view = resolve::view_work_tree(registry);
  Link link;
  link.link_type = "model";
  link.path = "object.mlem";
  while (state.KeepRunning()) {
    resolve::Resolver resolver(registry, settings);
    const std::size_t number = resolver.add(*view, "alias.mlem", link);
    resolver.run();
    benchmark::DoNotOptimize(resolver.finding(number, "model"));
  }
}
BENCHMARK(resolve_alias);

}  // namespace

BENCHMARK_MAIN();
