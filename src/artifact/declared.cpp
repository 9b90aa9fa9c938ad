#include "artifact/declared.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace mlem::artifact {
namespace {

/// No file has a longer path, and one is looked up in each of the directories above it.
constexpr std::size_t max_uri = 4096;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Returns what is before `://`, as RFC 3986 has a scheme; empty for a path.
std::string_view uri_scheme(std::string_view uri) {
  const std::string_view scheme = uri.substr(0, std::min(uri.find("://"), uri.size()));
  const bool is_scheme = scheme.size() < uri.size() && !scheme.empty() && is_letter(scheme.front()) &&
                         std::all_of(scheme.begin(), scheme.end(), [](char c) {
                           return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
                         });
  return is_scheme ? scheme : std::string_view();
}

/// Returns why a `uri` that is not external may not be used, besides what RepoPath refuses; empty if it may.
std::string why_not_below(std::string_view uri) {
  if (uri.empty()) return "it has no uri";
  if (uri.size() > max_uri) return "its uri is longer than " + std::to_string(max_uri) + " bytes";
  if (uri.find('\\') != std::string_view::npos) return "its uri has a backslash";
  if (uri.size() > 2 && is_letter(uri[0]) && uri[1] == ':' && uri[2] == '/') return "its uri is absolute";
  const auto components = split(uri, '/');
  if (std::find(components.begin(), components.end(), "..") != components.end()) return "its uri has '..'";
  return {};
}

std::string valid_md5(std::string_view hash) {
  std::string md5 = to_lower_ascii(hash);
  std::string_view digits = md5;
  if (digits.ends_with(".dir")) digits.remove_suffix(4);
  const bool is_md5 =
      digits.size() == 32 && std::all_of(digits.begin(), digits.end(), [](char c) { return hex_value(c) >= 0; });
  return is_md5 ? md5 : std::string();
}

/// A real number that is whole is a size too, as to MLEM.
std::optional<std::uint64_t> valid_size(std::string_view text) {
  if (text.ends_with(".0")) text.remove_suffix(2);
  std::int64_t size = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, size);
  if (parsed.ec != std::errc() || parsed.ptr != end || size < 0) return std::nullopt;
  return static_cast<std::uint64_t>(size);
}

/// Returns why no file can be what is recorded. MLEM compares neither, but writes both for every artifact: what is not
/// valid was changed by hand, or is another file's.
std::string why_invalid(const object::Artifact& artifact, const Declared& declared) {
  constexpr std::size_t longest = 80;
  const auto told = [](const char* key, const std::string& value, const std::string& why) {
    return "the metafile records the " + std::string(key) + " '" + escape_for_terminal(value.substr(0, longest)) +
           "', which is not " + why;
  };
  if (!artifact.hash.empty() && declared.md5.empty()) {
    const bool is_number = artifact.hash.find_first_not_of("0123456789") == std::string::npos;
    return told("hash", artifact.hash, is_number ? "an MD5: is it a number without quotes?" : "an MD5");
  }
  if (!artifact.size.empty() && !declared.size) return told("size", artifact.size, "a number of bytes");
  return {};
}

Declared declared_of(const object::Artifact& artifact, const RepoPath& metafile) {
  Declared declared{.name = artifact.name, .uri = artifact.uri};
  declared.md5 = valid_md5(artifact.hash);
  declared.size = valid_size(artifact.size);
  declared.flaw = why_invalid(artifact, declared);
  const auto end_as = [&](Declared::Kind kind, std::string why) {
    declared.kind = kind;
    declared.why = std::move(why);
    return declared;
  };
  if (const std::string_view scheme = uri_scheme(artifact.uri); !scheme.empty()) {
    return end_as(Declared::Kind::external, "its uri begins with '" + std::string(scheme) + "://'");
  }
  if (std::string why = why_not_below(artifact.uri); !why.empty()) {
    return end_as(Declared::Kind::forbidden, std::move(why));
  }
  try {
    declared.below = RepoPath::parse(artifact.uri).text();
    declared.path = RepoPath::parse(declared.below, metafile.directory()).text();
  } catch (const Error& error) {
    declared.below.clear();
    return end_as(Declared::Kind::forbidden, "its uri is not valid: " + error.why());
  }
  // MLEM's own types of artifacts: `fsspec` is the only one that is not a file beside the metafile.
  if (!artifact.type.empty() && artifact.type != "local" && artifact.type != "dvc") {
    return end_as(Declared::Kind::external, "it is of type '" + escape_for_terminal(artifact.type) + "'");
  }
  return declared;
}

}  // namespace

std::vector<Declared> declared_artifacts(const object::Description& description, const RepoPath& metafile) {
  std::vector<Declared> declared;
  declared.reserve(description.artifacts.size());
  for (const object::Artifact& artifact : description.artifacts) declared.push_back(declared_of(artifact, metafile));
  return declared;
}

}  // namespace mlem::artifact
