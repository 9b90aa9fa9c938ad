#include "artifact/dvc_directory.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace mlem::artifact {
namespace {

[[noreturn]] void throw_not_a_listing(const std::string& why) {
  throw Error(ErrorKind::invalid, "not a directory listing of DVC", why);
}

/// Takes the steps of the parser, so that nothing is kept but paths and hashes. The depth of what it passes over is the
/// parser's own matter, which does not recurse.
class ListingReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  ListingReader(std::vector<DvcEntry>& entries, std::size_t limit) : entries_(&entries), limit_(limit) {}

  bool null() override { return pass(); }
  bool boolean(bool /*value*/) override { return pass(); }
  bool number_integer(number_integer_t /*value*/) override { return pass(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return pass(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return pass(); }
  bool binary(binary_t& /*value*/) override { return pass(); }

  bool string(string_t& value) override {
    if (depth_ == in_entry && field_ != nullptr) {
      *field_ = std::move(value);
      return true;
    }
    return pass();
  }

  bool start_array(std::size_t /*size*/) override {
    if (depth_ != 0) pass();
    ++depth_;
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    if (depth_ == 0) throw_not_a_listing("it is not a list");
    if (depth_ == in_list) {
      entry_ = {};
      field_ = nullptr;
    } else {
      pass();
    }
    ++depth_;
    return true;
  }

  bool key(string_t& name) override {
    if (depth_ != in_entry) return true;
    field_ = nullptr;
    if (name == "md5") field_ = &entry_.md5;
    if (name == "relpath") field_ = &entry_.path;
    return true;
  }

  bool end_object() override {
    if (--depth_ == in_list) add();
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    throw_not_a_listing("it is not JSON at byte " + std::to_string(position));
  }

 private:
  static constexpr std::size_t in_list = 1;
  static constexpr std::size_t in_entry = 2;

  /// Passes over a value that is not wanted.
  bool pass() const {
    if (depth_ == 0) throw_not_a_listing("it is not a list");
    if (depth_ == in_list) throw_not_a_listing("an item is not a mapping");
    if (depth_ == in_entry && field_ != nullptr) throw_not_a_listing("a path or a hash is not a text");
    return true;
  }

  void add() {
    if (entries_->size() == limit_) throw_not_a_listing("it has more than " + std::to_string(limit_) + " files");
    require_path(entry_.path);
    const auto is_hex = [](char c) { return hex_value(c) >= 0; };
    if (entry_.md5.size() != 32 || !std::all_of(entry_.md5.begin(), entry_.md5.end(), is_hex)) {
      throw_not_a_listing("'" + escape_for_terminal(entry_.path) + "' has no MD5");
    }
    entries_->push_back({std::move(entry_.path), to_lower_ascii(entry_.md5)});
  }

  static void require_path(const std::string& path) {
    try {
      if (RepoPath::parse(path).text() == path) return;
    } catch (const Error& error) {
      throw_not_a_listing(error.what());
    }
    throw_not_a_listing("invalid path '" + escape_for_terminal(path) + "': it is not in its normal form");
  }

  std::vector<DvcEntry>* entries_;
  std::size_t limit_;
  DvcEntry entry_;
  std::string* field_ = nullptr;  ///< what the next value is for
  std::size_t depth_ = 0;
};

/// Whether one path comes before another where `/` is less than every other character: what is in a directory follows
/// its name at once.
bool comes_before(std::string_view left, std::string_view right) {
  const auto rank = [](char c) { return c == '/' ? -1 : static_cast<int>(static_cast<unsigned char>(c)); };
  return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end(),
                                      [&](char a, char b) { return rank(a) < rank(b); });
}

}  // namespace

std::vector<DvcEntry> parse_dvc_directory(std::string_view json, std::size_t limit) {
  if (json.size() > max_dvc_directory_size) throw_not_a_listing("it is larger than 128 MiB");
  std::vector<DvcEntry> entries;
  ListingReader reader(entries, limit);
  nlohmann::json::sax_parse(json, &reader);
  std::sort(entries.begin(), entries.end(),
            [](const DvcEntry& left, const DvcEntry& right) { return comes_before(left.path, right.path); });
  for (std::size_t i = 1; i < entries.size(); ++i) {
    const std::string& path = entries[i].path;
    const std::string& before = entries[i - 1].path;
    if (path == before) throw_not_a_listing("'" + path + "' is there twice");
    if (is_below(path, before)) throw_not_a_listing("'" + before + "' is a file and a directory");
  }
  return entries;
}

std::string dvc_directory_text(std::vector<DvcEntry> entries) {
  std::sort(entries.begin(), entries.end(),
            [](const DvcEntry& left, const DvcEntry& right) { return left.path < right.path; });
  // As Python writes it: json.dumps(list, sort_keys=True).
  std::string text = "[";
  for (const DvcEntry& entry : entries) {
    if (text.size() > 1) text += ", ";
    text += "{\"md5\": \"" + entry.md5 + "\", \"relpath\": " + nlohmann::json(entry.path).dump(-1, ' ', true) + "}";
  }
  return text += "]";
}

std::string dvc_object_path(std::string_view md5, dvc::Layout layout) {
  std::string path(layout == dvc::Layout::v3 ? "files/md5/" : "");
  return path.append(md5.substr(0, 2)).append("/").append(md5.substr(2));
}

}  // namespace mlem::artifact
