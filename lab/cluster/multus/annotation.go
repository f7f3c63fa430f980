package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

const networksAnnotation = "k8s.v1.cni.cncf.io/networks"

// selection is one network that a pod asks for.
type selection struct {
	Name      string   `json:"name"`
	Namespace string   `json:"namespace"`
	Interface string   `json:"interface"`
	MAC       string   `json:"mac"`
	IPs       []string `json:"ips"`
}

// parseNetworks reads the annotation in either of its forms: a JSON list, or `[namespace/]name[@interface], ...`.
// A selection without a namespace is in the pod's own; one without an interface gets net1, net2, ... by its place.
func parseNetworks(text, podNamespace string) ([]selection, error) {
	var selections []selection
	switch text = strings.TrimSpace(text); {
	case text == "":
	case strings.HasPrefix(text, "["):
		if err := json.Unmarshal([]byte(text), &selections); err != nil {
			return nil, fmt.Errorf("annotation %s: %w", networksAnnotation, err)
		}
	default:
		for _, word := range strings.Split(text, ",") {
			selections = append(selections, parseWord(strings.TrimSpace(word)))
		}
	}
	for place := range selections {
		chosen := &selections[place]
		if chosen.Name == "" {
			return nil, fmt.Errorf("annotation %s: %q names no network", networksAnnotation, text)
		}
		if chosen.Namespace == "" {
			chosen.Namespace = podNamespace
		}
		if chosen.Interface == "" {
			chosen.Interface = fmt.Sprintf("net%d", place+1)
		}
	}
	return selections, nil
}

func parseWord(word string) (parsed selection) {
	if namespace, rest, found := strings.Cut(word, "/"); found {
		parsed.Namespace, word = namespace, rest
	}
	parsed.Name, parsed.Interface, _ = strings.Cut(word, "@")
	return parsed
}
