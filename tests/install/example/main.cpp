// Uses the library as a stranger would: by its one public header.
// Usage: example <registry> <repository with models/rf at tag v1>
#include <iostream>
#include <mlem/mlem.hpp>
#include <string>

namespace {

int failures = 0;

void expect(bool condition, const char* what) {
  if (condition) return;
  std::cerr << "not so: " << what << '\n';
  ++failures;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string registry = argv[1];
  const std::string models = argv[2];
  try {
    const mlem::Object model = mlem::load_meta("models/rf", {.project = models, .rev = "v1", .directory = registry});
    expect(model.object_type() == "model", "it is a model");
    expect(model.path() == "models/rf.mlem", "its path carries .mlem");
    expect(model.commit().size() == 40, "it was read at a commit");
    expect(model.json() == R"({"object_type":"model"})", "its metadata as JSON");

    expect(model.description().methods.empty(), "its metadata in words");
    expect(mlem::resolve("models/rf", {.project = models, .rev = "v1", .directory = registry}).commit == model.commit(),
           "a name can be resolved");

    const mlem::Link production = model.make_link("production/rf");
    expect(production.file() == "production/rf.mlem", "the link file is named");
    expect(production.rev() == "v1", "the rev is kept as asked");
    expect(production.load_link().commit() == model.commit(), "the link leads to the object");

    const mlem::Link alias =
        mlem::link("production/rf", {.target = "latest", .follow_links = false, .directory = registry});
    expect(alias.repo().empty() && alias.rev().empty(), "a link in the registry is an alias");
    expect(alias.load_link().commit() == model.commit(), "the alias leads to the object");
    const auto read = mlem::load_meta("latest", {.follow_links = false, .directory = registry}).link();
    expect(read && read->path() == alias.path(), "a link can be loaded itself");

    const auto copy = mlem::clone("production/rf", "copy/", {.directory = registry});
    expect(copy.size() == 1 && copy.front().action == "made", "an object can be copied");

    const auto findings = mlem::check({.directory = registry});
    expect(findings.size() == 2, "two links are judged");
    for (const mlem::Finding& finding : findings) expect(finding.verdict == "ok", finding.link.c_str());

    mlem::Cancel cancel;
    cancel.request();
    try {
      mlem::check({.directory = registry, .cancel = &cancel});
      expect(false, "a call that is cancelled ends");
    } catch (const mlem::Cancelled& cancelled) {
      expect(!cancelled.finding(), "it is about no object");
    }

    const mlem::EditOptions chosen{.links = {"production/rf"}, .directory = registry};
    expect(mlem::pin(chosen).front().action == "pinned", "a link can be pinned");
    expect(mlem::refresh_pins(chosen).front().action == "kept", "a pin that is right is kept");
    expect(mlem::hold("it is being tried", "", chosen).front().action == "held", "a link can be held");
    try {
      mlem::unpin(chosen);
      expect(false, "a link that is held stays as it is");
    } catch (const mlem::Error& error) {
      expect(error.hint() == "'-f' re-points it and lifts the hold", error.hint().c_str());
    }
    expect(mlem::unhold(chosen).front().action == "released", "a hold can be lifted");
    const auto standing = mlem::status({.links = chosen.links, .directory = registry}).front();
    expect(standing.state == "same" && standing.tip->rev == "v1", "a pinned link is compared with what it follows");
    // Nothing is committed here.
    expect(mlem::diff({.paths = {"production"}, .directory = registry}).front().change == "added",
           "what is staged is compared with the last commit");
    expect(mlem::who(models, {.directory = registry}).empty(),
           "links that lead to a repository are looked for on refs");
    try {
      mlem::log({.links = chosen.links, .directory = registry});
      expect(false, "the past begins with a commit");
    } catch (const mlem::Error& error) {
      expect(error.what() == std::string("the current branch has no commits yet"), error.what());
    }
    const mlem::UpdateOptions all{.links = chosen.links, .directory = registry};
    expect(mlem::update(all).front().action == "kept", "what is the same is not updated");
    const auto promoted = mlem::promote(chosen.links, {.to = "live", .directory = registry});
    expect(promoted.front().link == "live/rf.mlem" && promoted.front().action == "promoted", "a link can be promoted");
    try {
      mlem::rollback({"live/rf"}, {.directory = registry});
      expect(false, "what is new has nothing to go back to");
    } catch (const mlem::Error& error) {
      expect(error.hint() == "'git mlem log live/rf.mlem' tells what it has named", error.hint().c_str());
    }
    expect(mlem::unpin(chosen).front().action == "unpinned", "a link can be unpinned");
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  try {
    mlem::load_meta("models/rf", {.project = models, .rev = "v2", .directory = registry});
    expect(false, "a rev that is not there is an error");
  } catch (const mlem::Error& error) {
    expect(error.verdict() == "missing-rev", error.verdict().c_str());
    expect(error.hint() == "the nearest name is 'v1'", error.hint().c_str());
  }
  return failures == 0 ? 0 : 1;
}
