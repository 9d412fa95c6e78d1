// `cairn verify PATH...`: whether every byte of checkpoints is right.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/config.h"
#include "core/io/user_path.h"
#include "saving/checkpoint_verification.h"
#include "tools/cairn/verb.h"

namespace cairn {
namespace {

using Kind = Verdict::Kind;

std::string KindName(Kind kind) {
  switch (kind) {
    case Kind::kCheckpoint:
      return "checkpoint";
    case Kind::kStateFile:
      return "state file";
    case Kind::kDataWithoutIndex:
      return "data without index";
    case Kind::kTemporaryFile:
      return "temporary file";
    case Kind::kMissing:
      break;
  }
  return "missing";
}

bool IsLeftOver(const Verdict& verdict) {
  return verdict.kind == Kind::kDataWithoutIndex ||
         verdict.kind == Kind::kTemporaryFile;
}

void PrintVerdict(const Verdict& verdict, std::ostream& out) {
  if (IsLeftOver(verdict)) {
    out << "left over: " << verdict.path << ": "
        << (verdict.kind == Kind::kTemporaryFile
                ? "a file of a run that saves, or that was ended while it did"
                : "a data file without an index")
        << ", " << verdict.bytes << " bytes\n";
    return;
  }
  if (verdict.faults.empty()) {
    out << "good: " << verdict.path;
    if (verdict.kind == Kind::kCheckpoint) {
      out << ": " << verdict.entries << " entries, " << verdict.bytes
          << " bytes";
    }
    out << "\n";
    return;
  }
  for (const Fault& fault : verdict.faults) {
    const bool is_there =
        verdict.kind != Kind::kMissing && !absl::IsNotFound(fault.status);
    out << (is_there ? "damaged: " : "missing: ") << verdict.path << ": "
        << std::string(fault.status.message());
    out << "\n";
  }
}

Config FaultConfig(const Fault& fault) {
  const auto text = [](const std::string& value) {
    return value.empty() ? Config() : Config(value);
  };
  const auto number = [](int64_t value) {
    return value < 0 ? Config() : Config(value);
  };
  return Config::Object{{"tensor", text(fault.key)},
                        {"file", text(fault.file)},
                        {"offset", number(fault.offset)},
                        {"size", number(fault.size)},
                        {"error", fault.status.message()}};
}

Config VerdictConfig(const Verdict& verdict) {
  Config::List faults;
  for (const Fault& fault : verdict.faults) {
    faults.push_back(FaultConfig(fault));
  }
  return Config::Object{
      {"path", verdict.path},           {"kind", KindName(verdict.kind)},
      {"good", verdict.faults.empty()}, {"entries", verdict.entries},
      {"bytes", verdict.bytes},         {"faults", std::move(faults)}};
}

absl::StatusOr<Answer> VerifyAll(const Invocation& invocation,
                                 std::ostream& out) {
  Config::List list;
  Answer answer = Answer::kYes;
  for (const std::string& argument : invocation.arguments) {
    for (const Verdict& verdict : VerifyPath(UserPath(argument))) {
      if (!verdict.faults.empty()) answer = Answer::kNo;
      if (invocation.Has("--json")) {
        list.push_back(VerdictConfig(verdict));
      } else {
        PrintVerdict(verdict, out);
      }
    }
  }
  if (invocation.Has("--json")) {
    out << Config(Config::Object{{"good", answer == Answer::kYes},
                                 {"verdicts", std::move(list)}})
               .ToJson(2)
        << "\n";
  }
  return answer;
}

const VerbRegistrar registrar(
    {.name = "verify",
     .arguments = {"PATH..."},
     .options = {{"--json", "", "an object with a list \"verdicts\""}},
     .purpose = "test every checksum; say which tensor, file and bytes",
     .details =
         "A PATH is a checkpoint's prefix, one of its files, or a folder, in "
         "which all\ncheckpoints, the file \"checkpoint\" and what is left "
         "over are looked at. A line\nfor each good one and for each fault. "
         "Exits with 1 if there is a fault; files\nthat are left over are "
         "none, as nobody reads them.",
     .run = VerifyAll});

}  // namespace
}  // namespace cairn
