#include "tests/saving/staged_files.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "core/base/status_macros.h"
#include "saving/temporary_name.h"

namespace cairn {
namespace {

absl::Span<const std::byte> Bytes(const std::string& text) {
  return absl::MakeSpan(reinterpret_cast<const std::byte*>(text.data()),
                        text.size());
}

}  // namespace

absl::Status Write(StagedWrite& staged, const std::string& path,
                   const std::string& content) {
  CAIRN_ASSIGN_OR_RETURN(WritableFile* const file, staged.Create(path));
  const size_t half = content.size() / 2;
  CAIRN_RETURN_IF_ERROR(file->Append(Bytes(content.substr(0, half))));
  return file->Append(Bytes(content.substr(half)));
}

absl::Status WritePair(FileSystem& files, const std::string& data_name,
                       const std::string& content, bool sync) {
  StagedWrite staged(
      {.durability = sync ? Durability::kCommit : Durability::kNone,
       .files = &files});
  CAIRN_RETURN_IF_ERROR(Write(staged, JoinPath("run", data_name), content));
  CAIRN_RETURN_IF_ERROR(
      Write(staged, kStagedIndex, absl::StrCat(data_name, "=", content)));
  return staged.Commit();
}

absl::Status WriteOne(FileSystem& files, const std::string& content) {
  StagedWrite staged({.files = &files});
  CAIRN_RETURN_IF_ERROR(Write(staged, kStagedIndex, content));
  return staged.Commit();
}

std::string ReadPair(FileSystem& files) {
  const auto index = ReadFile(files, kStagedIndex);
  if (absl::IsNotFound(index.status())) return "none";
  if (!index.ok()) return index.status().ToString();
  const std::vector<std::string> parts = absl::StrSplit(*index, '=');
  if (parts.size() != 2) return absl::StrCat("a damaged index: ", *index);
  const auto data = ReadFile(files, JoinPath("run", parts[0]));
  if (!data.ok()) return data.status().ToString();
  if (*data != parts[1]) return absl::StrCat("damaged data: ", *data);
  return *data;
}

std::string ReadOne(FileSystem& files) {
  const auto content = ReadFile(files, kStagedIndex);
  if (absl::IsNotFound(content.status())) return "none";
  return content.ok() ? *content : content.status().ToString();
}

std::vector<std::string> TemporaryNames(const FaultFileSystem& files) {
  std::vector<std::string> names;
  for (const auto& [path, content] : files.Contents()) {
    if (IsTemporaryName(path)) names.push_back(BaseName(path));
  }
  return names;
}

}  // namespace cairn
