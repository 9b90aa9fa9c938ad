#include "artifact/model_signature.hpp"

#include "artifact/strict_json.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

// Nothing in the file is trusted: sizes and numbers of items are bounded, and a field of another type, or one that is
// there twice, is refused. The list of files may be long, so its items are taken one by one while the statement is
// parsed and never make one large tree of JSON. What they mean is judged at the end, when it is known whether they are
// whole files or parts of files. The digest of all digests is made on the way, and has to be the one that the statement
// is about.

namespace mlem::artifact {
namespace {

using Json = nlohmann::json;

constexpr std::string_view payload_type = "application/vnd.in-toto+json";
constexpr std::size_t most_signatures = 16;
constexpr std::size_t most_certificates = 16;
constexpr std::size_t most_ignored_paths = 10'000;
constexpr std::size_t longest_shown = 100;

[[noreturn]] void throw_not_signature(const std::string& why, const std::string& hint = {}) {
  throw Error(ErrorKind::invalid, "not a signature of a model", why, hint);
}

/// Returns a text of somebody else's as a message may have it.
std::string shown(const std::string& text) {
  return "'" + escape_for_terminal(text.size() > longest_shown ? text.substr(0, longest_shown) + "…" : text) + "'";
}

const char* type_word(Json::value_t type) {
  switch (type) {
    case Json::value_t::object:
      return "a mapping";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::string:
      return "a text";
    default:
      return "true or false";
  }
}

/// Returns a member; null if it is absent or null, which JSON of protocol buffers does not tell apart.
const Json* find_member_of(const Json& object, const char* key, Json::value_t type) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return nullptr;
  if (found->type() != type) throw_not_signature(std::string("'") + key + "' is not " + type_word(type));
  return &*found;
}

const Json& member_of(const Json& object, const char* key, Json::value_t type) {
  const Json* const member = find_member_of(object, key, type);
  if (member == nullptr) throw_not_signature(std::string("'") + key + "' is missing");
  return *member;
}

const std::string& text_of(const Json& object, const char* key) {
  return member_of(object, key, Json::value_t::string).get_ref<const std::string&>();
}

/// Returns the items of a list, which are mappings, and at least one.
const Json& items_of(const Json& object, const char* key, std::size_t most) {
  const Json& list = member_of(object, key, Json::value_t::array);
  if (list.empty()) throw_not_signature(std::string("'") + key + "' is empty");
  if (list.size() > most) {
    throw_not_signature(std::string("'") + key + "' has more than " + std::to_string(most) + " items");
  }
  for (const Json& item : list) {
    if (!item.is_object()) throw_not_signature(std::string("an item of '") + key + "' is not a mapping");
  }
  return list;
}

std::string bytes_of(const Json& object, const char* key) {
  auto bytes = from_base64(text_of(object, key));
  if (!bytes || bytes->empty()) throw_not_signature(std::string("'") + key + "' is not base64");
  return *std::move(bytes);
}

void read_material(const Json& material, ModelSignature& signature) {
  const Json* const key = find_member_of(material, "publicKey", Json::value_t::object);
  const Json* const chain = find_member_of(material, "x509CertificateChain", Json::value_t::object);
  const Json* const keyless = find_member_of(material, "certificate", Json::value_t::object);
  if ((key != nullptr) + (chain != nullptr) + (keyless != nullptr) != 1) {
    throw_not_signature(
        "it does not say by one method who made it: 'publicKey', 'x509CertificateChain', 'certificate'");
  }
  if (key != nullptr) {
    signature.method = ModelSignature::Method::key;
    const Json* const hint = find_member_of(*key, "hint", Json::value_t::string);
    if (hint != nullptr) signature.key_hint = to_lower_ascii(hint->get_ref<const std::string&>());
  } else if (chain != nullptr) {
    signature.method = ModelSignature::Method::certificate;
    for (const Json& certificate : items_of(*chain, "certificates", most_certificates)) {
      signature.certificates.push_back(bytes_of(certificate, "rawBytes"));
    }
  } else {
    signature.method = ModelSignature::Method::keyless;
    signature.certificates.push_back(bytes_of(*keyless, "rawBytes"));
    items_of(material, "tlogEntries", most_signatures);
  }
}

/// The value of `path:start:end`.
struct Shard {
  std::string path;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
};

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  const bool is_plain = text == "0" || (!text.empty() && text.front() >= '1' && text.front() <= '9');
  if (!is_plain || failure != std::errc{} || rest != end) return std::nullopt;
  return number;
}

/// Names may have colons: the last two are the ones that count.
Shard shard_in(const std::string& name) {
  const std::size_t last = name.rfind(':');
  const std::size_t first = last == std::string::npos || last == 0 ? std::string::npos : name.rfind(':', last - 1);
  if (first != std::string::npos) {
    const auto start = number_in(std::string_view(name).substr(first + 1, last - first - 1));
    const auto end = number_in(std::string_view(name).substr(last + 1));
    if (start && end && *start < *end) return {name.substr(0, first), *start, *end};
  }
  throw_not_signature(shown(name) + " is not a name of a part of a file");
}

void require_name(const std::string& path) {
  if (path == SignedManifest::only_file) return;
  try {
    if (RepoPath::parse(path).text() == path) return;
  } catch (const Error& error) {
    throw_not_signature(error.what());
  }
  throw_not_signature("invalid path " + shown(path) + ": it is not in its normal form");
}

/// Takes what a statement says of files, one by one.
class ManifestReader {
 public:
  /// Takes an item of `resources`. Of what they mean, nothing is known before all is read.
  void take(const Json& item) {
    if (!item.is_object()) throw_not_signature("an item of 'resources' is not a mapping");
    Resource& resource = resources_.emplace_back();
    resource.name = text_of(item, "name");
    resource.digest = text_of(item, "digest");
    const std::string& algorithm = text_of(item, "algorithm");
    if (resources_.size() == 1) algorithm_ = algorithm;
    if (algorithm != algorithm_) throw_not_signature("its digests are of several algorithms");
    const bool is_hex = std::all_of(resource.digest.begin(), resource.digest.end(),
                                    [](char c) { return hex_value(c) >= 0 && (c < 'A' || c > 'F'); });
    if (!is_hex || resource.digest.empty() || resource.digest.size() % 2 != 0) {
      throw_not_signature("the digest of " + shown(resource.name) + " is not one");
    }
    for (std::size_t i = 0; i < resource.digest.size(); i += 2) {
      const char byte = static_cast<char>(hex_value(resource.digest[i]) * 16 + hex_value(resource.digest[i + 1]));
      root_.update(std::string_view(&byte, 1));
    }
  }

  SignedManifest finish(const Json& statement) {
    const Json& predicate = member_of(statement, "predicate", Json::value_t::object);
    // What has been taken is not in the list any more.
    if (!member_of(predicate, "resources", Json::value_t::array).empty()) {
      throw_not_signature("an item of 'resources' is not a mapping");
    }
    if (resources_.empty()) throw_not_signature("it names no file");
    read_serialization(member_of(predicate, "serialization", Json::value_t::object));
    const Json& subject = items_of(statement, "subject", 1).front();
    text_of(subject, "name");
    if (text_of(member_of(subject, "digest", Json::value_t::object), "sha256") != root_.finish()) {
      throw_not_signature("its digest of all files is not that of the digests that it has");
    }
    if (manifest_.hash_type == sha256) add_files();
    return std::move(manifest_);
  }

 private:
  struct Resource {
    std::string name;
    std::string digest;
  };
  static constexpr std::string_view sha256 = "sha256";

  void read_serialization(const Json& how) {
    manifest_.hash_type = text_of(how, "hash_type");
    manifest_.allows_symlinks = member_of(how, "allow_symlinks", Json::value_t::boolean).get<bool>();
    const std::string& method = text_of(how, "method");
    if (method == "shards") {
      const auto size = how.find("shard_size");
      if (size == how.end() || !size->is_number_unsigned() || size->get<std::uint64_t>() == 0) {
        throw_not_signature("'shard_size' is not a number of bytes");
      }
      manifest_.shard_size = size->get<std::uint64_t>();
    } else if (method != "files") {
      throw_not_signature("files are hashed by an unknown method: " + shown(method));
    }
    // What was written before version 1.1 tells the size of shards here too.
    const std::string sharded =
        manifest_.shard_size ? manifest_.hash_type + "-sharded-" + std::to_string(*manifest_.shard_size) : "";
    if (algorithm_ != manifest_.hash_type && algorithm_ != sharded) {
      throw_not_signature("its digests are not of the algorithm " + shown(manifest_.hash_type));
    }
    const Json* const ignored = find_member_of(how, "ignore_paths", Json::value_t::array);
    if (ignored == nullptr) return;
    if (ignored->size() > most_ignored_paths) {
      throw_not_signature("'ignore_paths' has more than " + std::to_string(most_ignored_paths) + " items");
    }
    for (const Json& path : *ignored) {
      if (!path.is_string()) throw_not_signature("an item of 'ignore_paths' is not a text");
      add_ignored(path.get<std::string>());
    }
  }

  /// What is not a path below, in its normal form, is left out: nothing goes unsigned by it.
  void add_ignored(std::string path) {
    while (path.ends_with('/')) path.pop_back();
    const std::vector<std::string_view> parts = split(path, '/');
    const bool is_normal = std::none_of(
        parts.begin(), parts.end(), [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
    if (is_normal) manifest_.ignored_paths.push_back(std::move(path));
  }

  void add_files() {
    for (const Resource& resource : resources_) {
      constexpr std::size_t digits = 64;
      if (resource.digest.size() != digits)
        throw_not_signature("the digest of " + shown(resource.name) + " is not one");
    }
    if (manifest_.shard_size)
      add_sharded();
    else
      add_whole();
    const bool has_only_file = manifest_.find(SignedManifest::only_file) != nullptr;
    if (has_only_file && manifest_.files.size() > 1) throw_not_signature("it names its directory as if it was a file");
  }

  void add_whole() {
    std::sort(resources_.begin(), resources_.end(),
              [](const Resource& left, const Resource& right) { return left.name < right.name; });
    for (Resource& resource : resources_) {
      require_name(resource.name);
      if (!manifest_.files.empty() && manifest_.files.back().path == resource.name) {
        throw_not_signature("it names " + shown(resource.name) + " twice");
      }
      manifest_.files.push_back({std::move(resource.name), std::nullopt, {std::move(resource.digest)}});
    }
  }

  void add_sharded() {
    std::map<std::string, std::map<std::uint64_t, std::pair<std::uint64_t, std::string>>> files;
    for (Resource& resource : resources_) {
      Shard shard = shard_in(resource.name);
      const bool is_new = files[shard.path].try_emplace(shard.start, shard.end, std::move(resource.digest)).second;
      if (!is_new) throw_not_signature("it names a part of " + shown(shard.path) + " twice");
    }
    for (auto& [path, shards] : files) {
      require_name(path);
      SignedFile& file = manifest_.files.emplace_back(SignedFile{path, 0, {}});
      for (auto& [start, rest] : shards) {
        auto& [end, digest] = rest;
        const bool is_in_place = start == *file.size && start % *manifest_.shard_size == 0;
        if (!is_in_place || end - start > *manifest_.shard_size) {
          throw_not_signature("the parts of " + shown(path) + " do not make a file");
        }
        file.size = end;
        file.digests.push_back(std::move(digest));
      }
    }
  }

  std::vector<Resource> resources_;
  std::string algorithm_;  ///< of all of them
  Digest root_{Digest::Algorithm::sha256};
  SignedManifest manifest_;
};

}  // namespace

std::string ModelSignature::signed_bytes() const {
  std::string text = "DSSEv1 " + std::to_string(payload_type.size()) + " ";
  text.append(payload_type).append(" ").append(std::to_string(payload.size())).append(" ");
  return text.append(payload);
}

ModelSignature parse_model_signature(std::string_view bundle) {
  if (bundle.size() > max_model_signature_size) throw_not_signature("it is larger than 32 MiB");
  const Json json = read_strict_json(bundle, "not a signature of a model");
  if (!json.is_object()) throw_not_signature("it is not a mapping");
  const std::string& media_type = text_of(json, "mediaType");
  if (media_type != "application/vnd.dev.sigstore.bundle.v0.3+json" &&
      media_type != "application/vnd.dev.sigstore.bundle+json;version=0.3") {
    throw_not_signature("it is " + shown(media_type) + ", and not a bundle of Sigstore in version 0.3");
  }
  ModelSignature signature;
  read_material(member_of(json, "verificationMaterial", Json::value_t::object), signature);
  const Json& envelope = member_of(json, "dsseEnvelope", Json::value_t::object);
  if (text_of(envelope, "payloadType") != payload_type) {
    throw_not_signature("what it signs is " + shown(text_of(envelope, "payloadType")) + ", and not a statement");
  }
  signature.payload = bytes_of(envelope, "payload");
  for (const Json& each : items_of(envelope, "signatures", most_signatures)) {
    signature.signatures.push_back(bytes_of(each, "sig"));
  }
  if (signature.signatures.size() != 1) {
    throw_not_signature("it has " + std::to_string(signature.signatures.size()) + " signatures, and a bundle has one");
  }
  return signature;
}

SignedFileCheck::SignedFileCheck(SignedFile expected, std::optional<std::uint64_t> shard_size)
    : expected_(std::move(expected)),
      shard_size_(shard_size.value_or(std::numeric_limits<std::uint64_t>::max())),
      left_(shard_size_) {}

void SignedFileCheck::update(std::string_view bytes) {
  while (is_good_ && !bytes.empty()) {
    if (left_ == 0) end_shard();
    const std::string_view part =
        bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    digest_.update(part);
    left_ -= part.size();
    bytes.remove_prefix(part.size());
  }
}

bool SignedFileCheck::matches() {
  // Of shards, none is empty.
  if (is_good_ && (left_ != shard_size_ || !expected_.size)) end_shard();
  return is_good_ && shard_ == expected_.digests.size();
}

void SignedFileCheck::end_shard() {
  is_good_ = shard_ < expected_.digests.size() && digest_.finish() == expected_.digests[shard_];
  ++shard_;
  digest_ = Digest(Digest::Algorithm::sha256);
  left_ = shard_size_;
}

const SignedFile* SignedManifest::find(std::string_view path) const {
  const auto found =
      std::lower_bound(files.begin(), files.end(), path,
                       [](const SignedFile& file, std::string_view wanted) { return file.path < wanted; });
  return found == files.end() || found->path != path ? nullptr : &*found;
}

bool SignedManifest::ignores(std::string_view path) const {
  const auto covers = [&](std::string_view ignored) { return path == ignored || is_below(path, ignored); };
  constexpr std::string_view of_git[] = {".git", ".gitignore", ".gitattributes", ".github"};
  return std::any_of(std::begin(of_git), std::end(of_git), covers) ||
         std::any_of(ignored_paths.begin(), ignored_paths.end(), covers);
}

SignedManifest parse_signed_manifest(std::string_view statement) {
  ManifestReader reader;
  const std::vector<std::string> resources{"predicate", "resources"};
  constexpr int depth_of_resource = 3;
  const Json json = read_strict_json(statement, "not a signature of a model",
                                             [&](const std::vector<std::string>& keys, int depth, Json& value) {
                                               if (depth != depth_of_resource || keys != resources) return true;
                                               reader.take(value);
                                               return false;  // there may be many
                                             });
  if (!json.is_object()) throw_not_signature("what it signs is not a mapping");
  if (text_of(json, "_type") != "https://in-toto.io/Statement/v1") {
    throw_not_signature("what it signs is " + shown(text_of(json, "_type")) + ", and not a statement of in-toto");
  }
  const std::string& type = text_of(json, "predicateType");
  if (type == "https://model_signing/Digests/v0.1") {
    throw_not_signature(
        "it is of version 0.2 of model signing ('" + type + "'), which does not sign that files are all",
        "sign the model anew with version 1.0 or later");
  }
  if (type != "https://model_signing/signature/v1.0") {
    throw_not_signature("it says " + shown(type) + " of something, and not what files a model has");
  }
  return reader.finish(json);
}

}  // namespace mlem::artifact
