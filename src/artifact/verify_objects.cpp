#include "artifact/verify_objects.hpp"

#include "artifact/detail/ask_sources.hpp"
#include "artifact/detail/fetched_blobs.hpp"
#include "artifact/locate.hpp"
#include "artifact/place.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "source/conversation.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <variant>

// For each source, in one conversation: where the signatures are, what they say, where the files are that they name,
// and at last the bytes of those that Git has. Everything else is compared by what is recorded.

namespace mlem::artifact {
namespace {

constexpr std::string_view sig_suffix = ".sig";
constexpr std::string_view preferred_sig = "model.sig";
constexpr const char* hint_at_place = "git-mlem-check(1) says where the signature of an object has to be";
constexpr const char* hint_at_bytes = "'--deep=hash' reads their bytes";

std::string in_quotes(const std::string& path) { return "'" + escape_for_terminal(path) + "'"; }

/// What is said of a file, worst first.
enum class Fault { mismatch, not_signed, forbidden, undecided };
constexpr std::size_t fault_count = 4;

struct FaultyFile {
  std::string what;
  Verdict verdict = Verdict::ok;  ///< of what is undecided
  std::string hint{};
};

/// An object, as far as it is known.
struct Signed {
  std::string signature{};                   ///< its name, from its directory
  std::string directory{};                   ///< of that, from the root
  std::optional<Oid> blob{};                 ///< the signature itself
  std::optional<SignedManifest> manifest{};  ///< of a good signature
  std::array<std::vector<FaultyFile>, fault_count> faults{};
  UnprovedFiles unproved{};
  bool is_settled = false;

  void add(Fault fault, FaultyFile file) { faults[static_cast<std::size_t>(fault)].push_back(std::move(file)); }
};

/// A file that is compared with what is signed.
struct Comparison {
  std::size_t object = 0;
  const PlacedFile* file = nullptr;  ///< whose bytes they are
  std::string path{};                ///< as the signature names it
  const SignedFile* expected = nullptr;
};

class SourceVerification {
 public:
  SourceVerification(source::Conversation& source, const RepoUrl& url, const source::Settings& settings,
                     const ModelSigner& signer, std::time_t now, const std::vector<const ObjectAt*>& objects)
      : source_(source), url_(url), settings_(settings), signer_(signer), now_(now), objects_(objects) {}

  std::vector<Verification> run() {
    answers_.assign(objects_.size(), {});
    signed_.assign(objects_.size(), {});
    files_ = find_files(source_, objects_);
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      const source::Refusal& refusal = files_[i].refusal;
      if (refusal.verdict != Verdict::ok) settle(i, refusal.verdict, refusal.message, refusal.hint);
    }
    find_signatures();
    read_signatures();
    compare_all();
    hash_blobs();
    tell_all();
    return std::move(answers_);
  }

 private:
  void settle(std::size_t i, Verdict verdict, std::string message, std::string hint = {}) {
    if (signed_[i].is_settled) return;
    signed_[i].is_settled = true;
    answers_[i] = {.verdict = verdict, .message = std::move(message), .hint = std::move(hint)};
  }

  bool is_tree(std::size_t i) const { return objects_[i]->plain == Plain::tree; }

  /// The files of trees are known; beside others, signatures are looked for, those of all objects together.
  void find_signatures() {
    std::vector<std::size_t> numbers;
    std::vector<std::pair<std::size_t, std::string>> wanted;
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      if (signed_[i].is_settled) continue;
      const std::string& path = objects_[i]->path;
      if (is_tree(i)) {
        signed_[i].directory = path == "." ? "" : path;
        find_in_tree(i);
        continue;
      }
      const bool has_suffix = !objects_[i]->plain && path.ends_with(mlem_suffix);
      const std::string signature =
          path.substr(0, path.size() - (has_suffix ? mlem_suffix.size() : 0)) + std::string(sig_suffix);
      signed_[i].directory = parent_of(signature);
      signed_[i].signature = signature.substr(signature.rfind('/') + 1);
      numbers.push_back(i);
      wanted.emplace_back(i, signature);
    }
    const std::vector<ObjectFiles> found = find_others(wanted);
    for (std::size_t k = 0; k < found.size(); ++k) take_signature_place(numbers[k], found[k]);
  }

  void find_in_tree(std::size_t i) {
    const PlacedFile* only = nullptr;
    const PlacedFile* preferred = nullptr;
    std::size_t count = 0;
    for (const PlacedFile& file : files_[i].files) {
      if (!file.path.ends_with(sig_suffix) || file.path.find('/') != std::string::npos) continue;
      only = &file;
      ++count;
      if (file.path == preferred_sig) preferred = &file;
    }
    if (count > 1) only = preferred;
    if (count == 0) {
      settle(i, Verdict::not_signed, "it is not signed: there is no '*.sig' at its top", hint_at_place);
    } else if (only == nullptr) {
      settle(i, Verdict::not_signed, "it has several '*.sig' at its top, and none is 'model.sig'", hint_at_place);
    } else {
      signed_[i].signature = only->path;
      take_signature_place(i, {.files = {*only}});
    }
  }

  void take_signature_place(std::size_t i, const ObjectFiles& found) {
    const std::string name = in_quotes(signed_[i].signature);
    if (found.refusal.verdict != Verdict::ok)
      return settle(i, found.refusal.verdict, found.refusal.message, found.refusal.hint);
    const Place& place = found.files.front().place;
    if (const auto* const blob = std::get_if<GitBlob>(&place)) {
      signed_[i].blob = blob->oid;
    } else if (std::holds_alternative<LfsObject>(place)) {
      settle(i, Verdict::unverified, "its signature " + name + " is in Git LFS, from where no byte is downloaded",
             "a signature is small: Git itself can keep it");
    } else if (std::holds_alternative<Missing>(place)) {
      settle(i, Verdict::not_signed, "it is not signed: there is no " + name + " beside it", hint_at_place);
    } else {
      settle(i, Verdict::not_signed, "its signature " + name + " is not a file of its own", hint_at_place);
    }
  }

  /// Finds files of the source by their paths, each in the commit of an object.
  std::vector<ObjectFiles> find_others(const std::vector<std::pair<std::size_t, std::string>>& wanted) {
    std::vector<ObjectAt> others;
    others.reserve(wanted.size());
    std::vector<const ObjectAt*> asked;
    for (const auto& [i, path] : wanted) {
      others.push_back({.repo = objects_[i]->repo, .commit = objects_[i]->commit, .path = path, .blob = {}});
      others.back().plain = Plain::blob;
      asked.push_back(&others.back());
    }
    return asked.empty() ? std::vector<ObjectFiles>() : find_files(source_, asked);
  }

  void read_signatures() {
    std::map<Oid, Oid> lacking;
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      if (signed_[i].is_settled || source_.repository().has(*signed_[i].blob)) continue;
      lacking.emplace(*signed_[i].blob, objects_[i]->commit);
    }
    const auto lacks = lacking.empty() ? std::map<Oid, source::Refusal>() : source_.need_objects(lacking);
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      if (signed_[i].is_settled) continue;
      const auto lack = lacks.find(*signed_[i].blob);
      if (lack == lacks.end())
        read_signature(i);
      else
        settle(i, lack->second.verdict, lack->second.message, lack->second.hint);
    }
  }

  void read_signature(std::size_t i) {
    const std::string name = in_quotes(signed_[i].signature);
    try {
      source_.repository().require_time(*signed_[i].blob);
      const auto text = source_.repository().find_blob(*signed_[i].blob, max_model_signature_size);
      if (!text) return settle(i, Verdict::unreachable, "its signature " + name + " cannot be read");
      const ModelSignature signature = parse_model_signature(*text);
      const ModelSigner::Answer answer = signer_.verify(signature, now_);
      if (answer.kind == ModelSigner::Answer::Kind::undecided)
        return settle(i, Verdict::unverified, "its signature " + name + " cannot be judged: " + answer.why);
      if (answer.kind == ModelSigner::Answer::Kind::no) {
        // What is older than the format is told by its name, whoever signed it.
        parse_signed_manifest(signature.payload);
        return settle(i, Verdict::not_signed, "its signature " + name + " is not good: " + answer.why);
      }
      SignedManifest manifest = parse_signed_manifest(signature.payload);
      if (manifest.files.empty()) {
        return settle(i, Verdict::unverified,
                      "its signature " + name + " cannot be judged: it has digests by " + in_quotes(manifest.hash_type),
                      "git-mlem compares by SHA-256");
      }
      signed_[i].manifest = std::move(manifest);
    } catch (const git::OutOfTime& error) {
      settle(i, Verdict::timeout, error.what());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      settle(i, Verdict::not_signed,
             "its signature " + name + " is not good: " + (error.why().empty() ? error.what_failed() : error.why()),
             error.hint());
    }
  }

  void compare_all() {
    std::vector<std::pair<std::size_t, std::string>> wanted;
    std::vector<std::pair<std::size_t, const SignedFile*>> wanted_files;
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      if (signed_[i].is_settled) continue;
      for (const SignedFile* const file : compare_own(i)) {
        wanted.emplace_back(i, join(signed_[i].directory, file->path));
        wanted_files.emplace_back(i, file);
      }
    }
    others_ = find_others(wanted);
    for (std::size_t k = 0; k < others_.size(); ++k) {
      const auto& [i, file] = wanted_files[k];
      const source::Refusal& refusal = others_[k].refusal;
      if (refusal.verdict != Verdict::ok) {
        settle(i, refusal.verdict, refusal.message, refusal.hint);
      } else {
        compare({i, &others_[k].files.front(), file->path, file});
      }
    }
  }

  /// Compares the files of an object. Returns what is signed besides and is not known to be missing.
  std::vector<const SignedFile*> compare_own(std::size_t i) {
    Signed& object = signed_[i];
    const SignedManifest& manifest = *object.manifest;
    std::unordered_map<std::string_view, const PlacedFile*> by_path;
    for (const PlacedFile& file : files_[i].files) by_path.emplace(file.path, &file);
    const std::string only = std::string(object.signature, 0, object.signature.size() - sig_suffix.size());
    std::set<const SignedFile*> seen;
    for (const PlacedFile& file : files_[i].files) {
      if (is_tree(i) && (file.path == object.signature || manifest.ignores(file.path))) continue;
      const SignedFile* expected = manifest.find(file.path);
      if (expected == nullptr && !is_tree(i) && file.path == only) expected = manifest.find(SignedManifest::only_file);
      seen.insert(expected);
      compare_own(i, file, expected, by_path);
    }
    const std::string own_name = objects_[i]->path.substr(objects_[i]->path.rfind('/') + 1);
    if (!objects_[i]->plain && files_[i].files.empty() && manifest.find(own_name) == nullptr) {
      object.add(Fault::not_signed,
                 {"it has no files, and " + in_quotes(object.signature) + " does not name " + in_quotes(own_name)});
    }
    std::vector<const SignedFile*> others;
    for (const SignedFile& file : manifest.files) {
      if (seen.contains(&file)) continue;
      const bool may_be_in_dvc =
          std::any_of(object.unproved.directories.begin(), object.unproved.directories.end(),
                      [&](const std::string& directory) { return is_below(file.path, directory); });
      if (may_be_in_dvc)
        object.unproved.files.push_back(file);
      else if (is_tree(i) && manifest.ignores(file.path))
        continue;
      else if (is_tree(i) || file.path == SignedManifest::only_file)
        object.add(Fault::not_signed, {in_quotes(file.path) + " is signed and is missing"});
      else
        others.push_back(&file);
    }
    return others;
  }

  void compare_own(std::size_t i, const PlacedFile& file, const SignedFile* expected,
                   const std::unordered_map<std::string_view, const PlacedFile*>& by_path) {
    Signed& object = signed_[i];
    const std::string name = in_quotes(file.path.empty() ? file.name : file.path);
    if (const auto* const forbidden = std::get_if<Forbidden>(&file.place)) {
      object.add(Fault::forbidden, {name + " may not be read: " + forbidden->why});
      return;
    }
    if (const auto* const external = std::get_if<External>(&file.place)) {
      object.add(Fault::undecided,
                 {name + " is where only another program can look: " + external->why, Verdict::unverified});
      return;
    }
    if (const auto* const link = std::get_if<Symlink>(&file.place)) {
      return compare_link(i, file, *link, expected, by_path);
    }
    const auto* const dvc = std::get_if<DvcObject>(&file.place);
    if (dvc != nullptr && dvc->is_directory) {
      object.unproved.directories.push_back(file.path);
      object.add(Fault::undecided, {"what is in " + name +
                                        " cannot be compared with what is signed: DVC tracks it as a "
                                        "directory",
                                    Verdict::unverified, hint_at_bytes});
      return;
    }
    if (expected != nullptr) return compare({i, &file, file.path, expected});
    // Shards have nothing of a file without bytes.
    if (object.manifest->shard_size && size_of(file.place) == 0U) return;
    if (std::holds_alternative<Missing>(file.place)) {
      object.add(Fault::not_signed, {name + " is not signed, and is missing"});
    } else {
      object.add(Fault::not_signed, {name + " is not signed: " + in_quotes(object.signature) + " does not name it"});
    }
  }

  /// What is signed of a symbolic link are the bytes of the file that it leads to.
  void compare_link(std::size_t i, const PlacedFile& file, const Symlink& link, const SignedFile* expected,
                    const std::unordered_map<std::string_view, const PlacedFile*>& by_path) {
    Signed& object = signed_[i];
    const std::string name = in_quotes(file.path);
    if (!object.manifest->allows_symlinks) {
      object.add(Fault::not_signed, {name + " is a symbolic link, and the signature is about files alone"});
      return;
    }
    constexpr int most_links = 40;  // as Linux follows
    std::string from = file.path;
    std::string target = link.target;
    for (int count = 0; count < most_links; ++count) {
      std::string path = RepoPath::parse_or_root(target, parent_of(from)).text();
      const auto found = by_path.find(path);
      if (found == by_path.end()) break;
      const auto* const next = std::get_if<Symlink>(&found->second->place);
      if (next == nullptr) {
        if (expected != nullptr) return compare({i, found->second, file.path, expected});
        object.add(Fault::not_signed, {name + " is not signed: " + in_quotes(object.signature) + " does not name it"});
        return;
      }
      from = std::move(path);
      target = next->target;
    }
    object.add(Fault::undecided, {name + " is a symbolic link that does not lead to a file, of which nothing is signed",
                                  Verdict::unverified});
  }

  void compare(const Comparison& comparison) {
    Signed& object = signed_[comparison.object];
    const SignedFile& expected = *comparison.expected;
    const PlacedFile& file = *comparison.file;
    const std::string name = in_quotes(comparison.path);
    const std::string lead = name + " cannot be compared with what is signed: ";
    const auto undecided = [&](const std::string& why) {
      object.add(Fault::undecided, {lead + why, Verdict::unverified, hint_at_bytes});
      SignedFile unproved = expected;
      unproved.path = comparison.path;
      object.unproved.files.push_back(std::move(unproved));
    };
    const auto size = size_of(file.place);
    if (expected.size && size && *size != *expected.size) {
      object.add(Fault::mismatch, {name + " is not what is signed: it has another size"});
    } else if (std::holds_alternative<GitBlob>(file.place)) {
      by_blob_[std::get<GitBlob>(file.place).oid].push_back(comparison);
    } else if (const auto* const lfs = std::get_if<LfsObject>(&file.place)) {
      if (lfs->pointer.has_extensions)
        object.add(Fault::undecided,
                   {lead + "Git LFS keeps it in a form that an extension of the user's makes", Verdict::unverified});
      else if (expected.digests.size() > 1)
        undecided("digests of its parts are signed, and Git LFS has recorded one of the whole");
      else if (lfs->pointer.oid != expected.digests.front())
        object.add(Fault::mismatch, {name + " is not what is signed: Git LFS has recorded another digest"});
    } else if (std::holds_alternative<DvcObject>(file.place)) {
      undecided("DVC has recorded its MD5 alone");
    } else if (const auto* const missing = std::get_if<Missing>(&file.place)) {
      object.add(Fault::not_signed, {name + " is signed and is missing: " + missing->why});
    } else if (const auto* const forbidden = std::get_if<Forbidden>(&file.place)) {
      object.add(Fault::forbidden, {name + " may not be read: " + forbidden->why});
    }
  }

  /// Hashes what Git has, each blob once.
  void hash_blobs() {
    std::map<Oid, Oid> lacking;
    std::vector<Oid> blobs;
    for (const auto& [blob, comparisons] : by_blob_) blobs.push_back(blob);
    const std::vector<std::optional<std::uint64_t>> sizes = source_.repository().blob_sizes(blobs);
    for (std::size_t k = 0; k < blobs.size(); ++k) {
      const std::vector<Comparison>& comparisons = by_blob_.at(blobs[k]);
      if (sizes[k])
        hash(source_.repository(), blobs[k]);
      else if (!settings_.offline)
        lacking.emplace(blobs[k], objects_[comparisons.front().object]->commit);
      else
        fail(blobs[k],
             {Verdict::unreachable, "its bytes are not on this machine", "run the command without --offline"});
    }
    if (lacking.empty()) return;
    const auto refusal = detail::with_fetched_blobs(
        url_, settings_, lacking, [&](git::Repository& repository, const std::map<Oid, source::Refusal>& lacks) {
          for (const auto& [blob, commit] : lacking) {
            const auto lack = lacks.find(blob);
            if (lack == lacks.end())
              hash(repository, blob);
            else
              fail(blob, lack->second);
          }
        });
    if (!refusal) return;
    for (const auto& [blob, commit] : lacking) fail(blob, *refusal);
  }

  void fail(const Oid& blob, const source::Refusal& refusal) {
    std::vector<Comparison>& comparisons = by_blob_.at(blob);
    for (const Comparison& comparison : comparisons) {
      signed_[comparison.object].add(
          Fault::undecided,
          {in_quotes(comparison.path) + " could not be read: " + refusal.message, refusal.verdict, refusal.hint});
    }
    comparisons.clear();
  }

  void hash(git::Repository& repository, const Oid& blob) {
    std::vector<Comparison>& comparisons = by_blob_.at(blob);
    std::vector<SignedFileCheck> checks;
    for (const Comparison& comparison : comparisons) {
      checks.emplace_back(*comparison.expected, signed_[comparison.object].manifest->shard_size);
    }
    try {
      const bool is_here = repository.stream_blob(blob, [&](std::string_view piece) {
        const Interrupt* const interrupt = settings_.observer.interrupt;
        if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
        repository.require_time(blob);
        for (SignedFileCheck& check : checks) check.update(piece);
      });
      if (!is_here) return fail(blob, {Verdict::unreachable, "blob '" + blob.hex() + "' is not there", {}});
    } catch (const git::OutOfTime&) {
      return fail(blob, {Verdict::timeout, "there was no time left for it", {}});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      return fail(blob, {Verdict::unreachable, error.what(), {}});
    }
    for (std::size_t k = 0; k < checks.size(); ++k) {
      if (checks[k].matches()) continue;
      signed_[comparisons[k].object].add(
          Fault::mismatch, {in_quotes(comparisons[k].path) + " is not what is signed: its bytes have another digest"});
    }
    comparisons.clear();
  }

  void tell_all() {
    constexpr Verdict verdicts[] = {Verdict::artifact_mismatch, Verdict::not_signed, Verdict::forbidden};
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      Signed& object = signed_[i];
      for (std::size_t k = 0; k < fault_count && !object.is_settled; ++k) {
        if (object.faults[k].empty()) continue;
        const bool bytes_tell = static_cast<Fault>(k) == Fault::undecided &&
                                std::all_of(object.faults[k].begin(), object.faults[k].end(),
                                            [](const FaultyFile& file) { return file.hint == hint_at_bytes; });
        FaultyFile& first = object.faults[k].front();
        std::string text = std::move(first.what);
        if (object.faults[k].size() > 1) text += "; and " + std::to_string(object.faults[k].size() - 1) + " more";
        settle(i, k < std::size(verdicts) ? verdicts[k] : first.verdict, std::move(text), std::move(first.hint));
        if (bytes_tell) answers_[i].unproved = unproved_of(object);
      }
    }
  }

  static std::shared_ptr<const UnprovedFiles> unproved_of(Signed& object) {
    std::sort(object.unproved.files.begin(), object.unproved.files.end(),
              [](const SignedFile& left, const SignedFile& right) { return left.path < right.path; });
    object.unproved.shard_size = object.manifest->shard_size;
    object.unproved.signature = object.signature;
    return std::make_shared<const UnprovedFiles>(std::move(object.unproved));
  }

  source::Conversation& source_;
  const RepoUrl& url_;
  const source::Settings& settings_;
  const ModelSigner& signer_;
  std::time_t now_;
  const std::vector<const ObjectAt*>& objects_;
  std::vector<ObjectFiles> files_;
  std::vector<ObjectFiles> others_;  ///< what signatures name besides
  std::vector<Signed> signed_;
  std::map<Oid, std::vector<Comparison>> by_blob_;
  std::vector<Verification> answers_;
};

}  // namespace

std::vector<Verification> verify_objects(const git::Registry& registry, const source::Settings& settings,
                                         const std::vector<ObjectAt>& objects, const ModelSigner& signer,
                                         std::time_t now) {
  using Group = detail::SourceGroup<Verification>;
  return detail::ask_sources<Verification>(
      registry, settings, objects,
      [&](source::Conversation& source, const RepoUrl& url, Group& group) {
        // As many at once as the memory for their files lasts; a server is asked once.
        constexpr std::size_t most_at_once = 2048;
        const std::size_t step = source.is_cached() ? std::max<std::size_t>(1, group.objects.size()) : most_at_once;
        group.answers.clear();
        for (std::size_t first = 0; first < group.objects.size(); first += step) {
          const auto begin = group.objects.begin() + static_cast<std::ptrdiff_t>(first);
          const auto end =
              group.objects.begin() + static_cast<std::ptrdiff_t>(std::min(first + step, group.objects.size()));
          const std::vector<const ObjectAt*> part(begin, end);
          std::vector<Verification> some = SourceVerification(source, url, settings, signer, now, part).run();
          std::move(some.begin(), some.end(), std::back_inserter(group.answers));
        }
      },
      [](const source::Refusal& refusal) {
        return Verification{.verdict = refusal.verdict, .message = refusal.message, .hint = refusal.hint};
      });
}

const SignedFile* UnprovedFiles::find(std::string_view path) const {
  const auto found =
      std::lower_bound(files.begin(), files.end(), path,
                       [](const SignedFile& file, std::string_view wanted) { return file.path < wanted; });
  return found == files.end() || found->path != path ? nullptr : &*found;
}

Verification verify_by_bytes(const UnprovedFiles& unproved, const std::vector<FoundArtifact>& artifacts) {
  std::set<std::string_view> there;
  for (const FoundArtifact& artifact : artifacts) {
    const std::string name = in_quotes(artifact.path.empty() ? artifact.name : artifact.path);
    if (artifact.state == FoundArtifact::State::external) {
      return {.verdict = Verdict::unverified,
              .message = name + " cannot be compared with what is signed: it is where only another program can look"};
    }
    there.insert(artifact.path);
    const bool is_tracked =
        std::any_of(unproved.directories.begin(), unproved.directories.end(),
                    [&](const std::string& directory) { return is_below(artifact.path, directory); });
    if (is_tracked && unproved.find(artifact.path) == nullptr) {
      return {.verdict = Verdict::not_signed,
              .message = name + " is not signed: " + in_quotes(unproved.signature) + " does not name it"};
    }
  }
  for (const SignedFile& file : unproved.files) {
    if (there.contains(file.path)) continue;
    return {.verdict = Verdict::not_signed, .message = in_quotes(file.path) + " is signed and is missing"};
  }
  return {};
}

}  // namespace mlem::artifact
