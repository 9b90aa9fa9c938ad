#pragma once

#include <string>

namespace mlem::test {

/// A file that an object declares.
struct Artifact {
  std::string uri;    ///< relative to the metafile's directory
  std::string bytes;  ///< its content, from which size and MD5 hash are written
};

/// Returns the metafile of a scikit-learn model as MLEM 0.4 writes it.
std::string model_meta(const Artifact& artifact = {"rf", "weights of a random forest\n"});

/// Returns the metafile of a CSV data set as MLEM 0.4 writes it.
std::string data_meta(const Artifact& artifact = {"iris.csv", "a,b\n1.0,2.0\n"});

/// The fields of a link file; an empty one is left out.
struct LinkFields {
  std::string type = "model";
  std::string path{};
  std::string project{};
  std::string repo{};
  std::string rev{};
};

/// Returns a link file in canonical order. Values are written as they are: what YAML wants quoted comes quoted.
std::string link_text(const LinkFields& fields);

}  // namespace mlem::test
