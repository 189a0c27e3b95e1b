#include "harness/vm/guest_config.h"

#include <nlohmann/json.hpp>

namespace rb::vm {

using Json = nlohmann::ordered_json;

std::string to_text(const GuestConfig& config) {
  const VirtualMachine& machine = config.machine;
  Json json{{"arguments", config.arguments},
            {"directory", config.directory},
            {"host_time_s", config.host_time_s},
            {"qemu", machine.qemu},
            {"accelerator", machine.accelerator},
            {"kernel", machine.kernel},
            {"kernel_arguments", machine.kernel_arguments},
            {"memory_mib", machine.memory_mib},
            {"cpus", machine.cpus}};
  if (!config.modules.empty()) json["modules"] = config.modules;
  if (config.foreign) {
    json["foreign"] = true;
    json["environment"] = config.environment;
  }
  // Arguments may be any bytes: what is no UTF-8 is replaced, not refused.
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

Result<GuestConfig> parse_guest_config(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    GuestConfig config;
    json.at("arguments").get_to(config.arguments);
    json.at("directory").get_to(config.directory);
    json.at("host_time_s").get_to(config.host_time_s);
    json.at("qemu").get_to(config.machine.qemu);
    json.at("accelerator").get_to(config.machine.accelerator);
    json.at("kernel").get_to(config.machine.kernel);
    json.at("kernel_arguments").get_to(config.machine.kernel_arguments);
    json.at("memory_mib").get_to(config.machine.memory_mib);
    json.at("cpus").get_to(config.machine.cpus);
    config.modules = json.value("modules", config.modules);
    config.foreign = json.value("foreign", false);
    config.environment = json.value("environment", config.environment);
    return config;
  } catch (const Json::exception& error) {
    return fail(ErrorKind::kSystem,
                std::string("the virtual machine's configuration is damaged: ") + error.what());
  }
}

}  // namespace rb::vm
