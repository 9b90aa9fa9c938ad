#include "support/metafiles.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace mlem::test {

namespace {

std::string md5(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_md5(), nullptr) != 1)
    throw std::runtime_error("cannot compute MD5");
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest.at(i));
  return hex;
}

std::string artifacts(const Artifact& artifact) {
  return fmt::format("artifacts:\n  data:\n    hash: {}\n    size: {}\n    uri: {}\n", md5(artifact.bytes),
                     artifact.bytes.size(), artifact.uri);
}

constexpr std::string_view model_rest = R"(call_orders:
  predict:
  - - model
    - predict
object_type: model
processors:
  model:
    methods:
      predict:
        args:
        - name: X
          type_:
            columns:
            - sepal length (cm)
            - sepal width (cm)
            dtypes:
            - float64
            - float64
            index_cols: []
            type: dataframe
        name: predict
        returns:
          dtype: int64
          shape:
          - null
          type: ndarray
    type: sklearn
requirements:
- module: sklearn
  package_name: scikit-learn
  version: 1.2.0
- module: pandas
  version: 1.5.2
)";

constexpr std::string_view data_rest = R"(object_type: data
reader:
  data_type:
    columns:
    - a
    - b
    dtypes:
    - float64
    - float64
    index_cols: []
    type: dataframe
  format: csv
  type: pandas
requirements:
- module: pandas
  version: 1.5.2
)";

}  // namespace

std::string model_meta(const Artifact& artifact) { return artifacts(artifact).append(model_rest); }

std::string data_meta(const Artifact& artifact) { return artifacts(artifact).append(data_rest); }

std::string link_text(const LinkFields& fields) {
  const std::array<std::pair<std::string_view, std::string_view>, 6> entries{{{"link_type", fields.type},
                                                                              {"object_type", "link"},
                                                                              {"path", fields.path},
                                                                              {"project", fields.project},
                                                                              {"repo", fields.repo},
                                                                              {"rev", fields.rev}}};
  std::string text;
  for (const auto& [key, value] : entries)
    if (!value.empty()) text += fmt::format("{}: {}\n", key, value);
  return text;
}

}  // namespace mlem::test
