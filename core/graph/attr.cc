#include "core/graph/attr.h"

#include <algorithm>
#include <type_traits>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cairn {
namespace {

std::string TensorToString(const Tensor& tensor) {
  std::string text = SpecToString(tensor.spec());
  if (tensor.dtype() != DType::kFloat32) return text;
  const absl::Span<const float> values = tensor.values<float>();
  absl::StrAppend(&text, " {", absl::StrJoin(values.subspan(0, 4), ", "),
                  values.size() > 4 ? ", ...}" : "}");
  return text;
}

bool AttrEqual(const Attr& a, const Attr& b) {
  if (a.index() != b.index()) return false;
  if (const Tensor* tensor = std::get_if<Tensor>(&a)) {
    const Tensor& other = std::get<Tensor>(b);
    return tensor->spec() == other.spec() && tensor->bytes() == other.bytes();
  }
  return std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, Tensor>)
          return false;
        else
          return value == std::get<T>(b);
      },
      a);
}

}  // namespace

std::string AttrToString(const Attr& attr) {
  return std::visit(
      [](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, bool>) {
          return value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, DType>) {
          return std::string(DTypeName(value));
        } else if constexpr (std::is_same_v<T, std::string>) {
          return absl::StrCat("\"", value, "\"");
        } else if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
          return absl::StrCat("[", absl::StrJoin(value, ", "), "]");
        } else if constexpr (std::is_same_v<T, Tensor>) {
          return TensorToString(value);
        } else {
          return absl::StrCat(value);
        }
      },
      attr);
}

bool AttrsEqual(const Attrs& a, const Attrs& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.first == y.first && AttrEqual(x.second, y.second);
      });
}

size_t HashAttrs(const Attrs& attrs) {
  size_t hash = 0;
  for (const auto& [name, attr] : attrs) {
    hash = absl::HashOf(hash, name, attr.index());
    std::visit(
        [&hash](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, Tensor>)
            hash = absl::HashOf(hash, value.bytes().size());
          else
            hash = absl::HashOf(hash, value);
        },
        attr);
  }
  return hash;
}

}  // namespace cairn
