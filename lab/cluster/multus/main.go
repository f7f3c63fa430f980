// multus-stand-in attaches pods to further networks as Multus does, as far as this project's tests need it: the annotation
// k8s.v1.cni.cncf.io/networks, NetworkAttachmentDefinitions, the annotation k8s.v1.cni.cncf.io/network-status, and real CNI plug-ins that do
// the work. It is no Multus: no default-network or default-route, no CHECK, no GC, no daemon.
package main

import (
	"encoding/json"
	"fmt"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	"github.com/containernetworking/cni/pkg/version"
)

// config is what containerd hands to this plug-in.
type config struct {
	types.NetConf
	API     apiConfig       `json:"api"`
	Cluster json.RawMessage `json:"cluster"` // the network list of eth0
}

func main() {
	check := func(*skel.CmdArgs) error { return nil }
	skel.PluginMainFuncs(skel.CNIFuncs{Add: add, Del: remove, Check: check}, version.All, "multus-stand-in")
}

func parseConfig(stdin []byte) (config, error) {
	var parsed config
	if err := json.Unmarshal(stdin, &parsed); err != nil {
		return parsed, fmt.Errorf("configuration: %w", err)
	}
	if len(parsed.Cluster) == 0 {
		return parsed, fmt.Errorf("configuration: no cluster network")
	}
	return parsed, nil
}

// add attaches eth0, then every network of the pod's annotation, and tells Kubernetes. When one fails, those before it are detached.
func add(args *skel.CmdArgs) (err error) {
	conf, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	pod, err := podOf(args.Args)
	if err != nil {
		return err
	}
	api, err := newAPI(conf.API)
	if err != nil {
		return err
	}
	attachments, err := wantedAttachments(api, pod)
	if err != nil {
		return err
	}
	attachments = append([]attachment{{Interface: args.IfName, Config: conf.Cluster}}, attachments...)
	if err := remember(args.ContainerID, attachments); err != nil {
		return err
	}
	defer func() {
		if err != nil && detach(args, attachments) == nil {
			_ = forget(args.ContainerID)
		}
	}()
	var first types.Result
	var statuses []networkStatus
	for _, wanted := range attachments {
		result, err := attach(args, wanted)
		if err != nil {
			// Not wrapped: what prints it would look for the plug-in's own error inside, and show that alone.
			return fmt.Errorf("%s on %s: %v", wanted.title(), wanted.Interface, err)
		}
		if first == nil {
			first = result
		}
		statuses = append(statuses, statusOf(wanted, result))
	}
	if err := api.setNetworkStatus(pod, statuses); err != nil {
		return err
	}
	return types.PrintResult(first, conf.CNIVersion)
}

// remove detaches what add has remembered, last first; it succeeds for a pod that it does not know.
func remove(args *skel.CmdArgs) error {
	conf, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	attachments, err := recall(args.ContainerID)
	if err != nil {
		return err
	}
	if attachments == nil {
		attachments = []attachment{{Interface: args.IfName, Config: conf.Cluster}}
	}
	if err := detach(args, attachments); err != nil {
		return err
	}
	return forget(args.ContainerID)
}
