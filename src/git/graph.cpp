#include "git/graph.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/raw_change.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

// Only git knows how it draws lines that meet, and it draws them beside a text that it has itself. So it is given a
// text that is long enough for all that there is to draw beside it, of marks that cannot be in a drawing. What is then
// there twice is the line that only goes on: behind that a text of any length finds its place.

namespace mlem::git {
namespace {

constexpr char mark_of_commit = '\x01';
constexpr char mark_of_text = '\x02';
constexpr char end_of_field = '\x03';  // beside a drawing git ends a text at its first NUL

/// What a user can have set that would change the output is given: git-config(1).
std::vector<std::string> graph_arguments(const GraphQuery& query, std::size_t text_lines) {
  std::string format = "--format=%x01%ct %H %P%x03%an <%ae>%x03%cn <%ce>";
  for (std::size_t i = 0; i < text_lines; ++i) format += "%n%x02";
  std::vector<std::string> arguments{"-c",
                                     "log.showSignature=false",
                                     "-c",
                                     "log.follow=false",
                                     "log",
                                     "--graph",
                                     "--full-history",
                                     "--no-decorate",
                                     "--no-notes",
                                     "-s",
                                     format};
  arguments.push_back(query.color ? "--color=always" : "--no-color");
  if (query.oldest) arguments.push_back("--max-age=" + std::to_string(*query.oldest));
  if (query.newest) arguments.push_back("--min-age=" + std::to_string(*query.newest));
  arguments.insert(arguments.end(), {"--stdin", "--"});
  arguments.insert(arguments.end(), query.pathspecs.begin(), query.pathspecs.end());
  return arguments;
}

/// Returns whether all lines of history only go on: then this can be drawn any number of times.
bool is_padding(std::string_view drawing) {
  bool is_in_color = false;
  return std::all_of(drawing.begin(), drawing.end(), [&](char c) {
    if (c == '\033') is_in_color = true;
    if (!is_in_color) return c == '|' || c == ' ';
    is_in_color = c != 'm';
    return true;
  });
}

DrawnCommit parse_commit(std::string_view text) {
  const std::size_t author = std::min(text.find(end_of_field), text.size() - 1) + 1;
  const std::size_t committer = std::min(text.find(end_of_field, author), text.size() - 1) + 1;
  const std::vector<std::string_view> numbers = split(trim(text.substr(0, author - 1)), ' ');
  const auto oid = numbers.size() < 2 ? std::nullopt : Oid::parse(numbers[1]);
  if (!oid) detail::throw_not_understood(text);
  DrawnCommit commit{.oid = *oid, .lines_of_history = numbers.size() - 2};
  const std::string_view time = numbers.front();
  if (std::from_chars(time.data(), time.data() + time.size(), commit.time).ec != std::errc{})
    detail::throw_not_understood(text);
  commit.author = text.substr(author, committer - author - 1);
  commit.committer = text.substr(committer);
  return commit;
}

/// Returns nothing if a commit's text was too short for what there was to draw beside it.
std::optional<std::vector<DrawnCommit>> parse_graph(std::string_view output) {
  std::vector<DrawnCommit> commits;
  bool is_padded = true;
  for (const std::string_view line : split(output, '\n')) {
    const std::size_t mark = line.find_first_of(std::string{mark_of_commit, mark_of_text});
    const std::string drawing(line.substr(0, mark));
    if (mark == std::string_view::npos) {
      if (line.empty()) continue;  // behind the last newline
      if (commits.empty()) detail::throw_not_understood(line);
      commits.back().before_next.push_back(drawing);
    } else if (line[mark] == mark_of_commit) {
      if (!is_padded) return std::nullopt;
      commits.push_back(parse_commit(line.substr(mark + 1)));
      commits.back().lines.push_back(drawing);
      is_padded = false;
    } else if (commits.empty()) {
      detail::throw_not_understood(line);
    } else if (is_padding(drawing)) {
      commits.back().padding = drawing;
      is_padded = true;
    } else {
      commits.back().lines.push_back(drawing);
    }
  }
  return is_padded ? std::optional(std::move(commits)) : std::nullopt;
}

}  // namespace

std::vector<DrawnCommit> draw_graph(const Registry& registry, const GraphQuery& query) {
  std::string revs;
  for (const std::string& rev : query.revs) revs += rev + "\n";
  // A merge of two lines takes three lines at most; one of many, or one among many, takes more.
  constexpr std::size_t usual_lines = 4;
  constexpr std::size_t most_lines = usual_lines << 10U;
  for (std::size_t text_lines = usual_lines; text_lines <= most_lines; text_lines *= 4) {
    const std::string output =
        detail::output_of(registry.git(graph_arguments(query, text_lines), revs), "cannot draw the history");
    if (auto commits = parse_graph(output)) return std::move(*commits);
  }
  throw Error(ErrorKind::unavailable, "cannot draw the history", "too many lines of it meet in one commit");
}

}  // namespace mlem::git
